from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.ask import Ask
from serving.logs.surface_log import SurfaceLog
from serving.pipeline import Answer, recommend
from serving.release.loaded import LoadedRelease
from surfaces.load import load
from surfaces.surface import Logging, Surface
from tests.serving.logs.landed import NOON, hidden, rows


def logging_surface(**rules: object) -> Surface:
    return load("shorts").model_copy(update={"logging": Logging(**rules)})  # type: ignore[arg-type]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SurfaceLog]:
    log = SurfaceLog(logging_surface(sample=0.5), tmp_path, "here")
    log.start(NOON)
    yield log
    log.close()


@pytest.fixture(scope="module")
def answers(release: LoadedRelease) -> list[Answer]:
    return [recommend(release, Ask(f"r{n}", NOON, user_id=f"u{n}")) for n in range(20)]


def test_whole_requests_are_logged_and_a_sample_with_all_its_candidates(
    log: SurfaceLog, answers: list[Answer], tmp_path: Path
) -> None:
    for answer in answers:
        log.request(answer, NOON)
    log.close()
    requests = {row["request_id"]: row["sampled"] for row in rows(tmp_path, "request")}
    assert list(requests) == [f"r{n}" for n in range(20)]
    assert log.logged == 20
    sampled = {name for name, whether in requests.items() if whether}
    assert 0 < len(sampled) < 20
    for layer in ("candidate", "ranking"):
        assert {row["request_id"] for row in rows(tmp_path, layer)} == sampled
    assert len(rows(tmp_path, "impression")) == 200
    assert not any("unlogged" in row for row in rows(tmp_path, "request"))


def test_requests_that_a_full_disk_lost_are_counted_in_the_next_row(
    log: SurfaceLog,
    answers: list[Answer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    log.request(answers[0], NOON)
    log.writer.flush()
    monkeypatch.setattr("serving.logs.segment.os.write", full)
    with caplog.at_level(logging.WARNING):
        for answer in answers[1:6]:
            log.request(answer, NOON)
            with pytest.raises(Exception, match="No space left"):
                log.writer.flush()
        monkeypatch.undo()
        for answer in answers[6:8]:
            log.request(answer, NOON)
            log.writer.flush()
    log.close()
    told = [(row["request_id"], row.get("unlogged")) for row in rows(tmp_path, "request")]
    assert told == [("r0", None), ("r6", 5), ("r7", None)]
    assert (log.logged, log.unlogged) == (3, 5)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "No space left on device" in caplog.text
    assert "5 were not" in caplog.text


def test_a_full_queue_fails_no_request_and_is_counted(answers: list[Answer], tmp_path: Path) -> None:
    log = SurfaceLog(logging_surface(sample=0.0, queue_rows=5), tmp_path, "here")
    log.start(NOON)
    log.request(answers[0], NOON)
    log.close()
    assert (log.logged, log.unlogged) == (0, 1)
    assert rows(tmp_path, "request") == []


@pytest.mark.parametrize("sample", [0.0, 1.0])
def test_a_promised_slate_is_durable_before_it_is_answered(
    answers: list[Answer], tmp_path: Path, sample: float
) -> None:
    """What the open segment holds when `request` returns is what another server lands, should this one die now."""
    log = SurfaceLog(logging_surface(sample=sample, promise=True), tmp_path, "here")
    log.start(NOON)
    for n, answer in enumerate(answers[:5], 1):
        log.request(answer, NOON)
        (open_,) = [tmp_path / name for name in hidden(tmp_path) if name.startswith("impression/")]
        assert open_.read_bytes().count(b"\n") == 10 * n
        assert log.logged == n
    log.close()


def test_a_promise_that_the_disk_breaks_costs_no_answer(
    answers: list[Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    log = SurfaceLog(logging_surface(promise=True), tmp_path, "here")
    log.start(NOON)
    with monkeypatch.context() as broken:
        broken.setattr("serving.logs.segment.os.write", full)
        log.request(answers[0], NOON)
        assert log.unlogged == 1
    log.close()
