"""feedmill run: the night without Airflow."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.screen import DayText, SurfaceName, console, night_of, show_report
from infra.interruptible import interruptible
from jobs.run_step import night_lock, run_step
from jobs.steps import between, night
from lake import spark
from schemas.errors import UserError


def run(
    surface: SurfaceName,
    day: DayText,
    first: Annotated[str | None, typer.Option("--from", help="first step to run")] = None,
    last: Annotated[str | None, typer.Option("--to", help="last step to run")] = None,
) -> None:
    """Run the night of DAY: every step, or those from --from to --to."""
    chosen = night_of(surface, day)
    steps = night(chosen.surface)
    try:
        wanted = between(steps, first, last)
    except KeyError as error:
        names = ", ".join(step.name for step in steps)
        raise UserError(f"there is no step {error}; steps are: {names}") from None
    if not wanted:
        raise UserError(f"--from {first} comes after --to {last}", fix=f"feedmill steps {surface} shows the order")
    console.print(f"night of {chosen.surface.surface} {chosen.day}, {len(wanted)} steps, in {chosen.home.root}")
    with interruptible(), night_lock(chosen):
        if any(step.spark for step in wanted):
            spark.hold(chosen.home, chosen.name)
        try:
            for step in wanted:
                show_report(step.name, run_step(chosen, step))
        finally:
            spark.release(chosen.home, chosen.name)
    console.print(f"next: feedmill decision {surface} {day}; feedmill ledger {surface} {day}")
