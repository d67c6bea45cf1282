"""Following a run tells each thing that happened once, in order, to the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from infra import watch
from infra.airflow_api import AirflowApi, Task

NOON = datetime(2026, 1, 9, 12, tzinfo=UTC)


class Film:
    """Stands in for Airflow: each look shows the next frame."""

    def __init__(self, *frames: tuple[str, list[Task]]) -> None:
        self._frames = list(frames)
        self._tasks: list[Task] = []

    def run_state(self, *_: Any) -> str:
        state, self._tasks = self._frames.pop(0)
        return state

    def tasks(self, *_: Any) -> list[Task]:
        return self._tasks


def task(name: str, state: str | None, tries: int = 1, ended: int | None = None) -> Task:
    return Task(name, state, tries, 1.0, None if ended is None else NOON + timedelta(seconds=ended))


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PAUSE_S", 0.0)


def followed(*frames: tuple[str, list[Task]]) -> list[tuple[str, str]]:
    api = cast(AirflowApi, Film(*frames))
    return [(event.kind, event.task.name if event.task else event.state) for event in watch.follow(api, "d", "r")]


def test_a_night_that_passes() -> None:
    assert followed(
        ("queued", [task("ingest", None)]),
        ("running", [task("ingest", "running")]),
        ("running", [task("ingest", "running")]),
        ("success", [task("ingest", "success", ended=1)]),
    ) == [("run", "queued"), ("run", "running"), ("started", "ingest"), ("done", "ingest"), ("run", "success")]


def test_tasks_that_ended_between_two_looks_come_in_the_order_in_which_they_ended() -> None:
    events = followed(("success", [task("join", "success", ended=2), task("ingest", "success", ended=1)]))
    assert events == [("done", "ingest"), ("done", "join"), ("run", "success")]


def test_each_failed_try_is_told_and_what_was_skipped() -> None:
    assert followed(
        ("running", [task("ingest", "up_for_retry", 1, ended=1)]),
        ("running", [task("ingest", "running", 2)]),
        ("running", [task("ingest", "up_for_retry", 2, ended=2)]),
        ("failed", [task("ingest", "failed", 3, ended=3), task("join", "upstream_failed")]),
    ) == [
        ("run", "running"),
        ("retry", "ingest"),
        ("started", "ingest"),
        ("retry", "ingest"),
        ("skipped", "join"),
        ("failed", "ingest"),
        ("run", "failed"),
    ]
