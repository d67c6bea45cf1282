"""feedmill card: a world set beside real logs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.screen import console
from lake.home import Home
from schemas.errors import UserError
from worlds.card.compare import Line, compare
from worlds.card.logs import Logs
from worlds.card.picture import picture
from worlds.card.real import real_statistics
from worlds.card.statistics import Statistics, statistics
from worlds.config import WorldConfig
from worlds.load import load
from worlds.logs.days import Writing, write
from worlds.world import World

VARIABLE = "FEEDMILL_REAL_DATA"
STYLES = {"within": "green", "near": "yellow", "far": "bold red", "unmatched": "dim"}


def card(
    name: Annotated[str, typer.Argument(metavar="WORLD", help="name of a file in worlds/, such as shorts")],
    *,
    days: Annotated[int, typer.Option(min=2, help="days to simulate")] = 4,
    users: Annotated[int | None, typer.Option(min=1, help="users there are at first")] = None,
) -> None:
    """Print the statistics of WORLD beside those of the real logs in FEEDMILL_REAL_DATA, and draw them.

    A statistic is within the real range, near it (by a factor of two), far from every real set, or unmatched.
    """
    folder = os.environ.get(VARIABLE, "")
    if not folder:
        raise UserError(f"{VARIABLE} is not set", fix=f"{VARIABLE}=<folder of public data sets> feedmill card {name}")
    config = load(name, changes={} if users is None else {"population.users": users})
    real = real_statistics(Path(folder), console.print)
    world = _simulated(config, days)
    lines = compare(world, real)
    console.print(_table(lines, world.name, [system.name for system in real]))
    path = Home.default().root / "worlds" / name / "card.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(world, real, lines).savefig(path, dpi=110)
    far = [line.name for line in lines if line.verdict == "far"]
    console.print(f"far from every real set: {', '.join(far) or 'nothing'}", markup=False)
    console.print(f"look next: {path}", markup=False)


def _simulated(config: WorldConfig, days: int) -> Statistics:
    console.print(f"simulating {days} days of {config.world}")
    world = World(config)
    with tempfile.TemporaryDirectory(prefix="feedmill-card-") as scratch:
        landing = Path(scratch) / config.surface
        write(world, days, Writing(landing, None))
        with Logs(landing) as logs:
            return statistics(config.world, logs, tuple(world.surface.outcomes))


def _table(lines: list[Line], world: str, sets: list[str]) -> Table:
    table = Table(title=f"world {world} beside real logs", title_justify="left")
    table.add_column("statistic")
    for system in (world, *sets):
        table.add_column(system, justify="right")
    table.add_column("verdict")
    for line in lines:
        values = [line.world, *(line.real.get(one) for one in sets)]
        cells = ["-" if value is None else f"{value:.3g}" for value in values]
        table.add_row(line.name, *cells, f"[{STYLES[line.verdict]}]{line.verdict}[/]")
    return table
