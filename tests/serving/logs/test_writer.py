from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schemas.errors import InfrastructureError
from serving.logs.batch import Batch
from serving.logs.lines import encode
from serving.logs.writer import LogFullError, LogWriter
from tests.serving.logs.landed import DAY, NOON, files, hidden, rows

TOMORROW = DAY + timedelta(days=1)


def batch(*names: str, layer: str = "outcome") -> Batch:
    return encode({layer: [{"outcome_id": name} for name in names]})


def ids(landing: Path, *days: object) -> list[str]:
    return [row["outcome_id"] for row in rows(landing, "outcome", *days)]  # type: ignore[arg-type]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LogWriter]:
    writer = LogWriter(tmp_path, "here")
    writer.start(NOON)
    yield writer
    writer.close()


class Disk:
    """Stands for `os.fdatasync` or `os.write`: works until it is told to fail, or to wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
        self.fault: OSError | None = None
        self.free = threading.Event()
        self.free.set()
        self._real = getattr(os, call)
        monkeypatch.setattr(f"serving.logs.segment.os.{call}", self)

    def __call__(self, *arguments: object) -> object:
        self.free.wait(10)
        if self.fault is not None:
            raise self.fault
        return self._real(*arguments)


def test_a_batch_that_is_done_is_durable_in_order(writer: LogWriter, tmp_path: Path) -> None:
    for n in range(50):
        writer.submit(batch(f"{n}a", f"{n}b"), NOON)
    writer.flush()
    assert writer.written["outcome"] == 100
    assert files(tmp_path) == []
    writer.close()
    assert ids(tmp_path) == [f"{n}{half}" for n in range(50) for half in "ab"]


def test_whoever_waits_is_told_soon_and_only_when_the_bytes_are_there(writer: LogWriter, tmp_path: Path) -> None:
    writer.submit(batch("o1"), NOON, awaited=True).result(5)
    (open_file,) = hidden(tmp_path)
    assert '"o1"' in (tmp_path / open_file).read_text()


def test_many_threads_share_the_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[int] = []
    real = os.fdatasync
    monkeypatch.setattr("serving.logs.segment.os.fdatasync", lambda fd: (syncs.append(fd), real(fd)))
    writer = LogWriter(tmp_path, "here", group_commit_ms=5)
    writer.start(NOON)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: writer.submit(batch(str(n)), NOON, awaited=True).result(10), range(400)))
    writer.close()
    assert sorted(map(int, ids(tmp_path))) == list(range(400))
    assert len(syncs) < 200


def test_rows_lie_on_the_utc_day_they_arrive_and_days_never_go_back(writer: LogWriter, tmp_path: Path) -> None:
    last = datetime.fromisoformat("2026-01-09T18:59:59.999-05:00")
    writer.submit(batch("before"), last)
    writer.submit(batch("after"), last + timedelta(seconds=1))
    writer.submit(batch("overtaken"), last)
    writer.flush()
    assert files(tmp_path) == [f"outcome/day={DAY}/here-000000.jsonl"]
    writer.submit(batch("late"), last)
    writer.close()
    assert ids(tmp_path, DAY)[0] == "before"
    assert sorted(ids(tmp_path, DAY, TOMORROW)) == ["after", "before", "late", "overtaken"]
    assert "late" in ids(tmp_path, TOMORROW)


def test_a_day_that_is_over_is_handed_to_ingest_though_nothing_more_comes(tmp_path: Path) -> None:
    clock = [NOON]
    writer = LogWriter(tmp_path, "here", clock=lambda: clock[0])
    writer.start(NOON)
    writer.submit(batch("o1"), NOON, awaited=True).result(5)
    clock[0] += timedelta(hours=12)
    pause = threading.Event()
    for _ in range(500):
        if files(tmp_path):
            break
        pause.wait(0.01)
    assert ids(tmp_path) == ["o1"]
    writer.close()


@pytest.mark.parametrize("call", ["write", "fdatasync", "open"])
def test_a_full_disk_breaks_the_promise_and_leaves_no_half_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    writer = LogWriter(tmp_path, "here")
    writer.start(NOON)
    writer.submit(batch("before"), NOON, awaited=True).result(5)
    disk = Disk(monkeypatch, call)
    disk.fault = OSError(errno.ENOSPC, "No space left on device")
    lost = encode({"request": [{"request_id": "lost"}], "outcome": [{"outcome_id": "lost"}]})
    with pytest.raises(InfrastructureError, match="No space left on device"):
        writer.submit(lost, NOON, awaited=True).result(5)
    disk.fault = None
    writer.submit(batch("after"), NOON, awaited=True).result(5)
    writer.close()
    assert ids(tmp_path) == ["before", "after"]
    assert rows(tmp_path, "request") == []
    assert writer.written["outcome"] == 2


def test_a_disk_that_fails_after_half_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = LogWriter(tmp_path, "here")
    writer.start(NOON)
    writer.submit(batch("before"), NOON, awaited=True).result(5)
    real, calls = os.write, []

    def half(descriptor: int, data: memoryview) -> int:
        calls.append(data)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[: len(data) // 2])

    monkeypatch.setattr("serving.logs.segment.os.write", half)
    with pytest.raises(InfrastructureError):
        writer.submit(batch("lost"), NOON, awaited=True).result(5)
    monkeypatch.undo()
    writer.close()
    assert ids(tmp_path) == ["before"]


def test_a_full_queue_refuses_and_takes_again_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch, "write")
    writer = LogWriter(tmp_path, "here", queue_rows=3)
    writer.start(NOON)
    disk.free.clear()
    stuck = writer.submit(batch("stuck"), NOON, awaited=True)
    while writer.waiting:
        threading.Event().wait(0.001)
    waiting = writer.submit(batch("a", "b", "c"), NOON)
    with pytest.raises(LogFullError, match=r"is full \(3 of 3 rows wait\)"):
        writer.submit(batch("d"), NOON)
    disk.free.set()
    stuck.result(5)
    waiting.result(5)
    writer.submit(batch("e"), NOON)
    writer.close()
    assert ids(tmp_path) == ["stuck", "a", "b", "c", "e"]
    with pytest.raises(LogFullError, match="is closed"):
        writer.submit(batch("f"), NOON)


def test_a_batch_that_cannot_be_made_takes_no_other_with_it(writer: LogWriter, tmp_path: Path) -> None:
    def unmade(_: object) -> Batch:
        raise ValueError("no such row")

    first = writer.submit(batch("before"), NOON)
    broken = writer.submit_unmade(unmade, 400, NOON)
    made = writer.submit_unmade(lambda _: batch("made"), 1, NOON)
    with pytest.raises(ValueError, match="no such row"):
        broken.result(5)
    first.result(5)
    made.result(5)
    writer.close()
    assert ids(tmp_path) == ["before", "made"]


def test_what_takes_its_time_keeps_its_place_and_holds_up_nobody_who_waits(writer: LogWriter, tmp_path: Path) -> None:
    free = threading.Event()

    def slow(_: object) -> Batch:
        free.wait(10)
        return batch("slow")

    writer.submit(batch("before"), NOON)
    slow_one = writer.submit_unmade(slow, 1, NOON)
    behind = writer.submit(batch("behind"), NOON)
    writer.submit(batch("overtakes"), NOON, awaited=True).result(5)
    assert not slow_one.done()
    assert not behind.done()
    free.set()
    writer.flush()
    assert slow_one.done()
    assert behind.done()
    assert writer.waiting == 0
    writer.close()
    assert ids(tmp_path) == ["before", "overtakes", "slow", "behind"]


def test_closing_waits_for_what_is_being_made(writer: LogWriter, tmp_path: Path) -> None:
    free = threading.Event()

    def slow(_: object) -> Batch:
        free.wait(10)
        return batch("slow")

    writer.submit_unmade(slow, 1, NOON)
    closing = threading.Thread(target=writer.close)
    closing.start()
    free.set()
    closing.join(10)
    assert ids(tmp_path) == ["slow"]


@pytest.mark.parametrize("awaited", [False, True])
def test_rows_are_made_in_helpings_between_which_others_compute_unless_somebody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, awaited: bool
) -> None:
    rests: list[float] = []
    monkeypatch.setattr("serving.logs.writer.time.sleep", rests.append)
    writer = LogWriter(tmp_path, "here")
    writer.start(NOON)

    def rows_of_many(rest: Callable[[], None]) -> Batch:
        return encode({"outcome": ({"outcome_id": str(n)} for n in range(100))}, rest)

    writer.submit_unmade(rows_of_many, 100, NOON, awaited).result(5)
    assert len(rests) == (0 if awaited else 5)
    writer.close()
    assert ids(tmp_path) == [str(n) for n in range(100)]


def test_a_long_segment_is_followed_by_another(
    writer: LogWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.logs.segments.LONGEST", 40)
    for n in range(4):
        writer.submit(batch(f"number-{n}"), NOON, awaited=True).result(5)
    assert len(files(tmp_path)) == 2
    assert ids(tmp_path) == [f"number-{n}" for n in range(4)]
