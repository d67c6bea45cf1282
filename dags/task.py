"""One task: a `feedmill` command for the run's day, its output in the task log, its exit code as the verdict."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

NO_RETRY = {2: "a mistake that a retry cannot mend", 3: "a gate failed"}
"""Exit codes of `feedmill` after which trying again is pointless."""

DAY = "{day}"
"""Stands for the run's day in a task's arguments."""


class Feedmill(BaseOperator):
    """Runs `feedmill <arguments>`, with `{day}` among them replaced by the run's day.

    Exit codes 2 (the user's mistake) and 3 (a gate failed) end the task without retries; any other failure retries.
    """

    ui_color = "#eef4ff"

    def __init__(self, *, arguments: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = list(arguments)
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Mapping[str, Any]) -> None:
        arguments = self.arguments
        if DAY in arguments:
            day = resolve_day(context.get("partition_key"), context.get("params", {})).isoformat()
            arguments = [day if argument == DAY else argument for argument in arguments]
        code, tail = self._run([*command(), *arguments])
        if code == 0:
            return
        context["ti"].xcom_push(key="exit_code", value=code)
        words = "\n".join(
            [f"feedmill {shlex.join(arguments)}: exit {code} ({NO_RETRY.get(code, 'may pass if retried')})", *tail]
        )
        raise AirflowFailException(words) if code in NO_RETRY else AirflowException(words)

    def _run(self, arguments: list[str]) -> tuple[int, list[str]]:
        tail: deque[str] = deque(maxlen=20)
        environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "160", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            arguments,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            tail.append(line.rstrip())
            self.log.info(line.rstrip())
        return self._process.wait(), list(tail)

    def on_kill(self) -> None:
        """End the command when Airflow ends the task (marked failed, cleared, shut down)."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)


def resolve_day(partition_key: str | None, params: Mapping[str, Any]) -> date:
    """The UTC day a run is for: its partition key, else its parameter `day`.

    The scheduler and backfills give every run a key; a manual trigger gives a key or the parameter. Data intervals
    and the logical date are never looked at: they mean something else under each kind of trigger.
    Raises AirflowFailException if neither is given, if they differ, or if it is not a date.
    """
    given = {str(value) for value in (partition_key, params.get("day")) if value}
    if not given:
        raise AirflowFailException("this run has no day: trigger it with a partition key or with the parameter `day`")
    if len(given) > 1:
        raise AirflowFailException(f"this run has two days: partition key {partition_key}, parameter {params['day']}")
    text = given.pop()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AirflowFailException(f"this run's day is {text!r}; a day looks like 2026-01-09") from None


def command() -> list[str]:
    """How to call `feedmill`: FEEDMILL_COMMAND where set, else the one beside this interpreter."""
    return shlex.split(os.environ.get("FEEDMILL_COMMAND", "")) or [str(Path(sys.executable).with_name("feedmill"))]
