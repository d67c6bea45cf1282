"""feedmill world: write the simulated logs of the default world."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from cli.screen import console
from lake.home import Home
from schemas.errors import UserError
from schemas.logs import LAYERS
from worlds import shorts


def world(
    days: Annotated[int, typer.Option(help="days to write")] = shorts.DAYS,
    first_day: Annotated[str, typer.Option(help="first day, YYYY-MM-DD")] = shorts.FIRST_DAY.isoformat(),
    seed: Annotated[int, typer.Option(help="the same seed and first day give the same bytes")] = shorts.SEED,
) -> None:
    """Write days of simulated logs for the surface `shorts`, all five layers, and their truth beside."""
    home = Home.default()
    landing = home.landing(shorts.SURFACE)
    truth = home.root / "worlds" / shorts.SURFACE / "truth"
    rows = shorts.write(landing, day_of(first_day, "--first-day"), days, seed, truth=truth)
    table = Table(title=f"rows written to {landing}", title_justify="left")
    table.add_column("arrival day")
    layers = [contract.name for contract in LAYERS]
    for name in layers:
        table.add_column(name, justify="right")
    for day, counts in rows.items():
        table.add_row(str(day), *(f"{counts[name]:,}" for name in layers))
    console.print(table)
    console.print(f"truth (tastes, qualities, click probabilities): {truth}")
    console.print(f"next: feedmill run {shorts.SURFACE} {max(rows)}")


def day_of(text: str, option: str) -> date:
    """`text` as a date; raises UserError naming `option` if it is not YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option}: found {text!r}; allowed is a date such as 2026-01-01") from None
