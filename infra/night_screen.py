"""What `feedmill night` shows while a night runs: one line per task, as it happens."""

from __future__ import annotations

import json
import time
from typing import Any

from rich.console import Console

from infra.airflow_api import AirflowApi
from infra.task_log import log_of, said
from infra.watch import Event
from jobs.night import Night
from lake.home import Home
from schemas.errors import FeedmillError, GateFailed, InfrastructureError, UserError

BY_EXIT_CODE: dict[int, type[FeedmillError]] = {2: UserError, 3: GateFailed}


class NightScreen:
    """Prints a night's events with the time since it began."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    def say(self, words: str) -> None:
        """One line, after the time since the beginning."""
        seconds = int(time.monotonic() - self._began)
        self._console.print(f"{seconds // 60:>3}:{seconds % 60:02}  {words}", markup=False)

    @property
    def took(self) -> str:
        seconds = int(time.monotonic() - self._began)
        return f"{seconds // 60} min {seconds % 60} s"

    def show(self, event: Event, night: Night, run: str) -> None:
        """The line of `event`, if it is one that people want to see."""
        task = event.task
        if task is None:
            if event.state == "queued":
                self.say("the run is queued")
        elif event.kind == "done":
            self._done(night, task.name, task.duration_s or 0.0)
        elif event.kind in ("retry", "failed"):
            log = log_of(night.home, night.surface.surface, run, task.name, task.tries)
            again = "will be tried again" if event.kind == "retry" else "no further try"
            self.say(f"{task.name:<16} FAILED at try {task.tries}; {again}: {headline(said(log))}")

    def _done(self, night: Night, name: str, seconds: float) -> None:
        path = night.reports / "steps" / f"{name}.json"
        if not path.exists():
            self.say(f"{name:<16} {seconds:>7.1f} s")
            return
        report: dict[str, Any] = json.loads(path.read_text())
        self.say(f"{name:<16} {seconds:>7.1f} s {report['rows']:>12,}  {report['summary']}")
        for warning in report["warnings"]:
            self.say(f"{'':<16} warning: {warning}")


def failure(api: AirflowApi, home: Home, dag: str, run: str) -> FeedmillError:
    """Why `run` failed: which task, its last words, where its log lies; the kind of error is its exit code's."""
    failed = sorted((task for task in api.tasks(dag, run) if task.state == "failed"), key=lambda task: str(task.ended))
    if not failed:
        return InfrastructureError(f"the run {run} failed without a failed task", fix="see stack/*.log in the home")
    task = failed[0]
    log = log_of(home, dag, run, task.name, task.tries)
    words = "\n".join(f"    {line}" for line in said(log))
    kind = BY_EXIT_CODE.get(api.exit_code(dag, run, task.name), InfrastructureError)
    return kind(f"task {task.name} failed:\n{words}\n  log: {log}")


def headline(lines: list[str]) -> str:
    """The line among a command's last ones that names the error, else the last."""
    named = [line for line in lines if line.split(":")[0].isidentifier() and ": " in line]
    return (named or lines or ["(no words)"])[-1 if not named else 0]
