"""A backfill over a range of days through Airflow: each day once, one after the other, watched to its end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from rich.console import Console

from infra.airflow_api import AirflowApi
from infra.airflow_session import airflow_session, unpaused
from infra.interruptible import interruptible
from infra.logs_first import logged_days
from infra.night_screen import NightScreen, failure
from infra.watched_night import watch
from jobs.night import Night, days_between
from lake.home import Home
from schemas.errors import FeedmillError, UserError
from surfaces.load import load


def run_backfill(home: Home, name: str, first: date, last: date, console: Console) -> None:
    """Run the nights of `first` to `last` of surface `name`, in day order, and print what happens.

    A day that fails does not stop the others; the first failure is raised at the end. Days without logs are refused
    before anything starts.
    """
    surface = load(name)
    _require_logs(home, name, first, last)
    screen = NightScreen(console)
    failures: list[FeedmillError] = []
    with (
        interruptible(),
        airflow_session(home, screen.say) as api,
        unpaused(api, name),
        _cancelled_if_left(api, api.backfill(name, first, last)),
    ):
        for run in _runs(api, name):
            night = Night(surface, date.fromisoformat(run["partition_key"]), home)
            error = _watch(api, night, str(run["dag_run_id"]), screen)
            failures += [error] if error else []
    screen.say(f"{len(days_between(first, last)) - len(failures)} nights done, {len(failures)} failed")
    if failures:
        raise failures[0]


def _watch(api: AirflowApi, night: Night, run: str, screen: NightScreen) -> FeedmillError | None:
    dag = night.surface.surface
    screen.say(f"night of {dag} {night.day}: run {run}")
    state = watch(api, night, run, screen)
    return None if state == "success" else failure(api, night.home, dag, run)


@contextlib.contextmanager
def _cancelled_if_left(api: AirflowApi, backfill: int) -> Iterator[None]:
    """Leaving the block by an error or Ctrl-C cancels what is left of the backfill."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(FeedmillError):
            api.cancel_backfill(backfill)
        raise


def _runs(api: AirflowApi, dag: str) -> list[dict[str, Any]]:
    """The runs of the one backfill that is at work, by day."""
    unfinished = api.runs(dag, "running", "queued")
    return sorted(
        (run for run in unfinished if run["run_type"] == "backfill"), key=lambda run: str(run["partition_key"])
    )


def _require_logs(home: Home, name: str, first: date, last: date) -> None:
    if first > last:
        raise UserError(f"the first day, {first}, is after the last, {last}")
    days = logged_days(home, name)
    without = sorted(set(days_between(first, last)) - set(days))
    if without:
        there = f"it has logs of {days[0]} to {days[-1]}" if days else "it has none"
        raise UserError(f"surface {name} has no logs of {', '.join(map(str, without))}", fix=there)
