"""One run of a night's DAG, watched to its end; ended, with its Spark, if the watching is interrupted."""

from __future__ import annotations

import contextlib

from infra.airflow_api import AirflowApi
from infra.night_screen import NightScreen
from infra.watch import follow
from jobs.night import Night
from lake import spark
from schemas.errors import FeedmillError


def watch(api: AirflowApi, night: Night, run: str, screen: NightScreen) -> str:
    """Show what happens to `run` until it ends; the state it ended in."""
    dag = night.surface.surface
    state = ""
    try:
        for event in follow(api, dag, run):
            state = event.state
            screen.show(event, night, run)
    except BaseException:
        screen.say("stopping what was started")
        with contextlib.suppress(FeedmillError):
            api.fail(dag, run, "stopped by the command that watched it")
        spark.release(night.home, night.name)
        raise
    return state
