"""feedmill step: one step of a night, as Airflow's tasks call it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.screen import DayText, SurfaceName, night_of, show_report
from jobs.run_step import run_step
from jobs.steps import between, night
from schemas.errors import UserError


def step(
    name: Annotated[str, typer.Argument(metavar="STEP", help="a name that `feedmill steps SURFACE` lists")],
    surface: SurfaceName,
    day: DayText,
) -> None:
    """Run one step of the night of DAY (what a task of the DAG does)."""
    chosen = night_of(surface, day)
    steps = night(chosen.surface)
    try:
        (wanted,) = between(steps, name, name)
    except KeyError:
        names = ", ".join(step.name for step in steps)
        raise UserError(f"there is no step {name!r} in the night of {surface}; steps are: {names}") from None
    show_report(name, run_step(chosen, wanted))
