"""What people see of a night: a line per task with its rows, and on failure the words, the log and the right kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from infra.airflow_api import AirflowApi, Task
from infra.night_screen import NightScreen, failure, headline
from infra.task_log import log_of, said
from infra.watch import Event
from jobs.night import Night, StepReport
from schemas.errors import FeedmillError, GateFailed, InfrastructureError, UserError

ENDED = datetime(2026, 1, 9, tzinfo=UTC)
RUN = "manual__1"


@pytest.fixture
def log(night: Night) -> Path:
    path = log_of(night.home, "shorts", RUN, "join", 1)
    path.parent.mkdir(parents=True)
    lines = [
        {"event": "DAG bundles loaded", "logger": "airflow.bundles"},
        {"event": "join of 3 days", "logger": "airflow.task.operators.dags.task.Feedmill"},
        {"event": "GateFailed: silver.labelled 2026-01-08: 3 duplicates", "logger": "dags.task.Feedmill"},
        {"event": "  fix: see the Data Docs", "logger": "dags.task.Feedmill"},
        {"event": "Task failed", "logger": "task"},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\nnot json\n")
    return path


def shown(night: Night, event: Event) -> str:
    console = Console(file=StringIO(), width=200)
    NightScreen(console).show(event, night, RUN)
    return cast(StringIO, console.file).getvalue()


def test_a_finished_step_shows_its_rows_and_words(night: Night) -> None:
    report = StepReport(rows=1234567, summary="3 days restated", warnings=["few likes"])
    report.write(night.reports / "steps" / "join.json")
    text = shown(night, Event("done", "success", Task("join", "success", 1, 12.34, ENDED)))
    assert text.splitlines()[0].split() == ["0:00", "join", "12.3", "s", "1,234,567", "3", "days", "restated"]
    assert "warning: few likes" in text


def test_a_task_that_is_no_step_shows_its_time(night: Night) -> None:
    text = shown(night, Event("done", "success", Task("spark_start", "success", 1, 8.0, ENDED)))
    assert text.split() == ["0:00", "spark_start", "8.0", "s"]


def test_a_failed_try_shows_the_error_and_whether_it_is_tried_again(night: Night, log: Path) -> None:
    text = shown(night, Event("retry", "up_for_retry", Task("join", "up_for_retry", 1, 1.0, ENDED)))
    assert "FAILED at try 1; will be tried again: GateFailed: silver.labelled 2026-01-08: 3 duplicates" in text


def test_only_the_commands_own_words_are_quoted(log: Path) -> None:
    assert said(log) == [
        "join of 3 days",
        "GateFailed: silver.labelled 2026-01-08: 3 duplicates",
        "  fix: see the Data Docs",
    ]
    assert said(log.with_name("attempt=2.log")) == ["(it left no log)"]


def test_the_headline_is_the_line_that_names_an_error_else_the_last() -> None:
    assert headline(["working", "UserError: no such day", "  fix: name another"]) == "UserError: no such day"
    assert headline(["one", "two"]) == "two"
    assert headline([]) == "(no words)"


@pytest.mark.parametrize(
    ("code", "kind"), [(1, InfrastructureError), (2, UserError), (3, GateFailed), (137, InfrastructureError)]
)
def test_a_failed_night_raises_what_its_task_exited_with(
    night: Night, log: Path, code: int, kind: type[FeedmillError]
) -> None:
    class Api:
        def tasks(self, *_: Any) -> list[Task]:
            return [Task("publish", "upstream_failed", 0, None, None), Task("join", "failed", 1, 1.0, ENDED)]

        def exit_code(self, dag: str, run: str, task: str) -> int:
            return code if task == "join" else 0

    error = failure(cast(AirflowApi, Api()), night.home, "shorts", RUN)
    assert type(error) is kind
    assert "task join failed" in str(error)
    assert "3 duplicates" in str(error)
    assert str(log) in str(error)
