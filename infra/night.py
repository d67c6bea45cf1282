"""A night by hand, through Airflow: logs if there are none, Airflow if it is not up, one run, a summary."""

from __future__ import annotations

from datetime import date

from rich.console import Console

from infra.airflow_api import AirflowApi
from infra.airflow_session import airflow_session, unpaused
from infra.interruptible import interruptible
from infra.logs_first import WorldWriter, choose_day, write_if_missing
from infra.night_screen import NightScreen, failure
from infra.sample_answer import sample_answer
from infra.summary import summary
from infra.watched_night import watch
from jobs.night import Night
from lake.home import Home
from surfaces.load import load


def run_night(home: Home, name: str, day: date | None, console: Console) -> None:
    """Run the night of `day` (default: the last day with logs) of surface `name` and print what happens.

    Raises the error that says why it failed, if it fails. Everything started here is stopped at the end.
    """
    surface = load(name)
    screen = NightScreen(console)
    with interruptible():
        world = write_if_missing(home, name)
        if world is None:
            choose_day(home, name, day)
        else:
            screen.say(f"no logs yet: writing the default world to {home.landing(name)}")
        try:
            with airflow_session(home, screen.say) as api:
                _finish(world, screen)
                night = Night(surface, choose_day(home, name, day), home)
                _run(api, night, screen)
        finally:
            if world is not None:
                world.stop()
        answer = sample_answer(home, name)
    for line in summary(night, answer, screen.took):
        console.print(line, markup=False)


def _finish(world: WorldWriter | None, screen: NightScreen) -> None:
    if world is not None:
        world.wait()
        screen.say("the default world is written")


def _run(api: AirflowApi, night: Night, screen: NightScreen) -> None:
    dag = night.surface.surface
    with unpaused(api, dag):
        run = api.trigger(dag, night.day)
        screen.say(f"night of {dag} {night.day}: run {run}")
        state = watch(api, night, run, screen)
    if state != "success":
        raise failure(api, night.home, dag, run)
