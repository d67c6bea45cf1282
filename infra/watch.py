"""Follow one run of a DAG: what happened to its tasks, in the order in which it happened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from infra.airflow_api import FINISHED, AirflowApi, Task

PAUSE_S = 0.7
AGES_AGO = datetime.min.replace(tzinfo=UTC)

Kind = Literal["started", "done", "retry", "failed", "skipped", "run"]
KINDS: dict[str | None, Kind] = {
    "running": "started",
    "success": "done",
    "up_for_retry": "retry",
    "failed": "failed",
    "upstream_failed": "skipped",
    "skipped": "skipped",
}


@dataclass(frozen=True)
class Event:
    """Something that happened: to `task`, or (kind `run`) to the run itself, whose state is then in `state`."""

    kind: Kind
    state: str
    task: Task | None = None


def follow(api: AirflowApi, dag: str, run: str) -> Iterator[Event]:
    """Yield each event once, as it is noticed; the last is the end of the run.

    A task that starts and ends between two looks gives only its end; no event is lost.
    """
    seen: dict[str, tuple[str | None, int]] = {}
    known = ""
    while True:
        state = api.run_state(dag, run)
        if state != known and state not in FINISHED:
            yield Event("run", state)
        known = state
        changed = [task for task in api.tasks(dag, run) if seen.get(task.name) != (task.state, task.tries)]
        for task in sorted(changed, key=lambda task: task.ended or AGES_AGO):
            seen[task.name] = (task.state, task.tries)
            if task.state in KINDS:
                yield Event(KINDS[task.state], str(task.state), task)
        if state in FINISHED:
            yield Event("run", state)
            return
        time.sleep(PAUSE_S)
