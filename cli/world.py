"""feedmill world: write the simulated logs of a world, and their truth beside."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from cli.changes import Changes, changed
from cli.screen import console
from lake.home import Home
from schemas.errors import UserError
from schemas.logs import LAYERS
from worlds.load import load
from worlds.logs.days import CHUNK_USERS, Rows, Writing, write
from worlds.world import World


def world(
    name: Annotated[str, typer.Argument(help="shorts, lens, news, stores, weekly")] = "shorts",
    *,
    days: Annotated[int | None, typer.Option(help="days to write (default: the world's own)")] = None,
    first_day: Annotated[str | None, typer.Option(help="first day, YYYY-MM-DD (default: the world's own)")] = None,
    seed: Annotated[int | None, typer.Option(help="the same seed and first day give the same bytes")] = None,
    users: Annotated[int | None, typer.Option(help="users there are when the first day begins")] = None,
    items: Annotated[int | None, typer.Option(help="items there are when the first day begins")] = None,
    new_items: Annotated[int | None, typer.Option(help="items created a day")] = None,
    change: Changes = None,
    processes: Annotated[int, typer.Option(help="processes that write; the bytes are the same")] = 1,
    chunk_users: Annotated[int, typer.Option(help="users whose day is held in memory at once")] = CHUNK_USERS,
    truth: Annotated[bool, typer.Option(help="also write the true probabilities of every impression")] = True,
) -> None:
    """Write days of simulated logs of a world, all five layers, and their truth beside."""
    home = Home.default()
    changes = changed(change, users=users, items=items, new_items=new_items)
    config = load(name, changes=changes)
    start = None if first_day is None else day_of(first_day, "--first-day")
    lived = World(config, seed, start)
    landing, beside = home.landing(config.surface), home.root / "worlds" / name / "truth"
    how = Writing(landing, beside if truth else None, chunk_users, processes)
    rows = write(lived, config.days if days is None else days, how)
    console.print(_table(rows, f"rows written to {landing}"))
    if truth:
        console.print(f"truth (tastes, qualities, probabilities, faults): {beside}")
    console.print(f"next: feedmill run {config.surface} {max(rows)}")


def day_of(text: str, option: str) -> date:
    """`text` as a date; raises UserError naming `option` if it is not YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option}: found {text!r}; allowed is a date such as 2026-01-01") from None


def _table(rows: Rows, title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("arrival day")
    layers = [contract.name for contract in LAYERS]
    for name in layers:
        table.add_column(name, justify="right")
    for day, counts in rows.items():
        table.add_row(str(day), *(f"{counts[name]:,}" for name in layers))
    return table
