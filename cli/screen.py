"""What the command line shares: the console, parsing of days, and how a step's report is printed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.console import Console

from jobs.night import Night, StepReport
from lake.home import Home
from schemas.errors import UserError
from surfaces.load import load

console = Console(highlight=False, soft_wrap=True, emoji=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

SurfaceName = Annotated[str, typer.Argument(metavar="SURFACE", help="name of a file in surfaces/, such as shorts")]
ReleaseName = Annotated[str, typer.Argument(metavar="RELEASE", help="a release's id, or its folder")]
DayText = Annotated[str, typer.Argument(metavar="DAY", help="UTC day, YYYY-MM-DD")]


def parse_day(text: str) -> date:
    """`text` as a day that is not in the future; raises UserError with what was found and what is allowed."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UserError(f"DAY: found {text!r}; allowed is a UTC date such as 2026-01-09") from None
    today = datetime.now(UTC).date()
    if day > today:
        raise UserError(f"DAY: {day} is in the future (today is {today} UTC)", fix="name a day whose logs have arrived")
    return day


def night_of(surface: str, day: str) -> Night:
    """The night that a command's SURFACE and DAY name."""
    return Night(load(surface), parse_day(day), Home.default())


def show_report(name: str, report: StepReport) -> None:
    """One line for the step, then its ledger, gates and warnings, indented."""
    seconds = report.figures.get("seconds", 0.0)
    console.print(f"[bold]{name:<16}[/] {seconds:>7.1f} s {report.rows:>12,}  {report.summary}")
    for entry in report.ledger:
        console.print(f"    ledger  {entry}", markup=False)
    for gate in report.gates:
        console.print(f"    gate    {gate}", markup=False)
    for warning in report.warnings:
        console.print(f"    [yellow]warning[/] {warning}")
