"""feedmill backfill: a range of days through Airflow."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.screen import SurfaceName, console, parse_day
from lake.home import Home


def backfill(
    surface: SurfaceName,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="first UTC day, YYYY-MM-DD")],
    last: Annotated[str, typer.Argument(metavar="LAST", help="last UTC day, YYYY-MM-DD")],
) -> None:
    """Run every night from FIRST to LAST through Airflow, in day order, whether it ran before or not."""
    from infra.backfill import run_backfill

    run_backfill(Home.default(), surface, parse_day(first), parse_day(last), console)
