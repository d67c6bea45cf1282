"""The night after a served day: the steps of the scheduled night, in this process or through Airflow."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable
from contextlib import ExitStack

from rich.console import Console

from infra.loop.record import Ending
from infra.night import run_night
from jobs.night import Night
from jobs.run_step import night_lock, run_step
from jobs.steps import night as steps_of
from lake import spark
from lake.home import Home
from schemas.errors import GateFailed

LONGEST = 160
"""Characters of the reason why a night was held: all of it is in the night's reports."""

Told = Callable[[str], None]


def in_process(night: Night, told: Told) -> tuple[Ending, str]:
    """Run every step of `night` here. A gate that fails holds the night; any other failure is raised."""
    with ExitStack() as stack:
        stack.enter_context(night_lock(night))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for step in steps_of(night.surface):
            told(step.name)
            try:
                run_step(night, step)
            except GateFailed as error:
                return _held(error)
    return "shipped", ""


def through_airflow(night: Night, console: Console) -> tuple[Ending, str]:
    """Run `night` by the scheduler, as `make night` does. A gate that fails holds the night."""
    try:
        run_night(night.home, night.surface.surface, night.day, console)
    except GateFailed as error:
        return _held(error)
    return "shipped", ""


def _held(why: GateFailed) -> tuple[Ending, str]:
    return "held", textwrap.shorten(why.headline, LONGEST, placeholder=" ...")


class OneSpark:
    """One Spark for all nights of a loop: a server a night would cost its start each time."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __enter__(self) -> None:
        spark.hold(self._home, "loop")

    def __exit__(self, *_: object) -> None:
        spark.release(self._home, "loop")
