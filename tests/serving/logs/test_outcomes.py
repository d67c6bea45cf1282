from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.errors import InfrastructureError
from serving.logs.outcomes import Outcome, OutcomeIntake
from serving.logs.writer import LogWriter
from surfaces.load import load
from tests.serving.logs.landed import NOON, rows


def outcome(name: str = "o1", kind: str = "click", value: float | None = None, at: datetime = NOON) -> Outcome:
    return Outcome(name, "r1:0", kind, value, at)


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[OutcomeIntake]:
    writer = LogWriter(tmp_path, "here")
    writer.start(NOON)
    yield OutcomeIntake(load("shorts"), writer, remembered=100)
    writer.close()


def landed(intake: OutcomeIntake) -> list[str]:
    intake._writer.close()
    return [row["outcome_id"] for row in rows(intake._writer.landing, "outcome")]


def words(intake: OutcomeIntake, sent: Outcome, at: datetime = NOON) -> list[str]:
    return [f"{fault.index} {fault.field}: {fault.words}" for fault in intake.faults([outcome("o0"), sent], at)]


def test_an_outcome_is_written_as_the_contract_says(intake: OutcomeIntake, tmp_path: Path) -> None:
    assert intake.take([outcome(), outcome("o2", "dwell", 41.5)], NOON) == ["accepted", "accepted"]
    landed(intake)
    assert rows(tmp_path, "outcome") == [
        {
            "schema_version": 1,
            "outcome_id": name,
            "impression_id": "r1:0",
            "request_id": "r1",
            "outcome": kind,
            "value": value,
            "occurred_at": "2026-01-09T12:00:00.000000Z",
        }
        for name, kind, value in (("o1", "click", 1.0), ("o2", "dwell", 41.5))
    ]


def test_a_repeated_outcome_is_written_once(intake: OutcomeIntake) -> None:
    assert intake.take([outcome(), outcome(), outcome("o2")], NOON) == ["accepted", "duplicate", "accepted"]
    assert intake.take([outcome("o2"), outcome("o3")], NOON) == ["duplicate", "accepted"]
    assert (intake.accepted, intake.duplicates) == (3, 2)
    assert landed(intake) == ["o1", "o2", "o3"]


def test_the_oldest_is_forgotten_first(intake: OutcomeIntake) -> None:
    intake.take([outcome(f"o{n}") for n in range(101)], NOON)
    assert intake.take([outcome("o100"), outcome("o0")], NOON) == ["duplicate", "accepted"]


def test_of_many_who_send_the_same_at_once_one_is_accepted(intake: OutcomeIntake) -> None:
    together = threading.Barrier(8)

    def send(_: int) -> str:
        together.wait()
        return intake.take([outcome()], NOON)[0]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(send, range(8))) == ["accepted"] + ["duplicate"] * 7
    assert landed(intake) == ["o1"]


def test_what_could_not_be_written_is_not_known_and_may_be_sent_again(
    intake: OutcomeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("serving.logs.segment.os.write", full)
    for _ in range(2):
        with pytest.raises(InfrastructureError, match="No space left"):
            intake.take([outcome()], NOON)
    monkeypatch.undo()
    assert intake.take([outcome()], NOON) == ["accepted"]
    assert (intake.accepted, intake.duplicates, intake.refused) == (1, 0, 2)
    assert landed(intake) == ["o1"]


def test_a_duplicate_is_not_promised_before_the_first_is_durable(
    intake: OutcomeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    real = os.fdatasync
    monkeypatch.setattr("serving.logs.segment.os.fdatasync", lambda fd: (free.wait(10), real(fd)))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(intake.take, [outcome()], NOON)
        while not intake._known:
            threading.Event().wait(0.001)
        second = pool.submit(intake.take, [outcome()], NOON)
        threading.Event().wait(0.05)
        assert not first.done()
        assert not second.done()
        free.set()
        assert (first.result(5), second.result(5)) == (["accepted"], ["duplicate"])


@pytest.mark.parametrize("patience", [0.02, None])
def test_a_slow_disk_is_waited_for_as_long_as_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float | None
) -> None:
    real = os.fdatasync
    monkeypatch.setattr("serving.logs.segment.os.fdatasync", lambda fd: (time.sleep(0.2), real(fd)))
    writer = LogWriter(tmp_path, "here")
    writer.start(NOON)
    intake = OutcomeIntake(load("shorts"), writer, patience=patience)
    if patience is None:
        assert intake.take([outcome()], NOON) == ["accepted"]
    else:
        with pytest.raises(InfrastructureError, match="the disk takes too long"):
            intake.take([outcome()], NOON)
    assert landed(intake) == ["o1"]


def test_listeners_hear_of_new_outcomes_once_and_cannot_break_the_promise(intake: OutcomeIntake) -> None:
    heard: list[str] = []

    def listen(fresh: Sequence[Outcome]) -> None:
        heard.extend(one.outcome_id for one in fresh)
        raise RuntimeError("the store is away")

    intake.listeners.append(listen)
    assert intake.take([outcome(), outcome()], NOON) == ["accepted", "duplicate"]
    assert heard == ["o1"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (outcome(kind="clik"), "outcome: found 'clik'; allowed are click, dwell,"),
        (outcome(kind="dwell"), "value: found None; allowed is an amount"),
        (outcome(kind="dwell", value=float("nan")), "value: found nan; allowed is an amount"),
        (outcome(value=2.0), "value: found 2; allowed is 1 or nothing"),
        (outcome(at=NOON + timedelta(minutes=6)), "occurred_at: found 2026-01-09T12:06:00.000000Z; allowed is until"),
    ],
)
def test_a_fault_names_the_outcome_the_field_and_what_is_allowed(
    intake: OutcomeIntake, sent: Outcome, told: str
) -> None:
    (fault,) = words(intake, sent)
    assert fault.startswith(f"1 {told}")


def test_a_clock_a_little_ahead_is_forgiven_but_not_past_the_arrival_day(intake: OutcomeIntake) -> None:
    assert words(intake, outcome(at=NOON + timedelta(minutes=5))) == []
    assert words(intake, outcome(value=1.0)) == []
    late = datetime(2026, 1, 9, 23, 58, tzinfo=UTC)
    assert words(intake, outcome(at=late + timedelta(minutes=1)), late) == []
    assert len(words(intake, outcome(at=late + timedelta(minutes=2)), late)) == 1
