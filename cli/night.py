"""feedmill night: one night through Airflow, watched to its end."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.screen import console, parse_day
from lake.home import Home


def night(
    surface: Annotated[str, typer.Option(help="name of a file in surfaces/")] = "shorts",
    day: Annotated[str | None, typer.Option(help="UTC day, YYYY-MM-DD; default: the last day with logs")] = None,
) -> None:
    """Run one night through Airflow: start what is not up, show each task as it ends, sum up, stop what was started."""
    from infra.night import run_night

    run_night(Home.default(), surface, parse_day(day) if day else None, console)
