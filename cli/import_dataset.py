"""feedmill import: a public data set into landing logs of its true days."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.screen import console
from cli.world import day_of
from lake.home import Home
from schemas.logs import LAYERS
from surfaces.load import load
from worlds.adapters.importing import dataset, import_logs
from worlds.adapters.report import ImportReport
from worlds.adapters.writer import OUTSIDE

MANY_DAYS = 14
"""Up to so many days the report has a row each; beyond, a row a year."""

Day = Annotated[str | None, typer.Option(metavar="DAY", help="leave out rows outside these UTC days, YYYY-MM-DD")]


def import_dataset(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="mind, kuairand, ebnerd, open_bandit or movielens")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="folder as its publisher lays it out, .gz or not")],
    first_day: Day = None,
    last_day: Day = None,
) -> None:
    """Write the logs of DATASET in PATH to the landing folder of the surface of its name, inventing nothing."""
    source = dataset(name)
    surface = load(source.name)
    landing = Home.default().landing(source.name)
    first = day_of(first_day, "--first-day") if first_day else None
    last = day_of(last_day, "--last-day") if last_day else None
    report = import_logs(source, path, landing, surface, first_day=first, last_day=last)
    show(report, landing)


def show(report: ImportReport, landing: Path) -> None:
    """Print what was read, set aside and written, what the logs lack and what that switches off."""
    console.print(_rows(report, landing))
    for tally in report.tallies:
        console.print(str(tally), markup=False)
        for reason, places in sorted(tally.places.items()):
            if reason == OUTSIDE:
                continue
            more = tally.aside[reason] - len(places)
            console.print(f"    {reason}: {', '.join(places)}{f' and {more:,} more' if more else ''}", markup=False)
    for thing, consequence in report.lacks.items():
        console.print(f"absent: {thing:<11} switches off {consequence}", markup=False)
    for left in report.left:
        console.print(f"left out: {left}", markup=False)
    for note in report.notes:
        console.print(f"[yellow]note[/]: {note}")
    console.print(f"next: feedmill run {report.surface} {max(report.rows)}")


def _rows(report: ImportReport, landing: Path) -> Table:
    table = Table(title=f"rows written to {landing}", title_justify="left")
    table.add_column("day" if len(report.rows) <= MANY_DAYS else "days")
    names = [layer.name for layer in LAYERS if report.total(layer.name)]
    for name in names:
        table.add_column(name, justify="right")
    for title, counts in _grouped(report.rows).items():
        table.add_row(title, *(f"{counts[name]:,}" for name in names))
    table.add_section()
    table.add_row("all", *(f"{report.total(name):,}" for name in names))
    return table


def _grouped(rows: dict[date, Counter[str]]) -> dict[str, Counter[str]]:
    if len(rows) <= MANY_DAYS:
        return {str(day): counts for day, counts in rows.items()}
    years: dict[int, Counter[str]] = {}
    days = Counter(day.year for day in rows)
    for day, counts in rows.items():
        years.setdefault(day.year, Counter()).update(counts)
    return {f"{year} ({days[year]} days)": counts for year, counts in years.items()}
