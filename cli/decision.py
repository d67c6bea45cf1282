"""feedmill decision: every gate of a night and what followed."""

from __future__ import annotations

from rich.table import Table

from cli.screen import DayText, SurfaceName, console, night_of
from schemas.decision import Decision, Gate
from schemas.errors import UserError

_COLOURS = {"pass": "green", "fail": "bold red", "warn": "yellow", "skipped": "dim"}


def decision(surface: SurfaceName, day: DayText) -> None:
    """Print the decision of DAY: each gate's value, threshold and verdict, and whether the release ships."""
    night = night_of(surface, day)
    path = night.reports / "decision.json"
    if not path.exists():
        raise UserError(f"{surface} has no decision for {day}", fix=f"feedmill run {surface} {day}")
    found = Decision.read(path)
    table = Table(title=f"decision of {surface} {day}", title_justify="left")
    for column in ("verdict", "gate"):
        table.add_column(column)
    for column in ("value", "allowed"):
        table.add_column(column, justify="right")
    table.add_column("why", overflow="fold")
    for gate in found.gates:
        table.add_row(f"[{_COLOURS[gate.verdict]}]{gate.verdict}[/]", gate.name, *_numbers(gate), gate.reason)
    console.print(table)
    console.print(f"champion: {found.champion or 'none'}")
    console.print(f"[bold]{found.verdict}[/] {found.release_id}: {found.reason}")


def _numbers(gate: Gate) -> tuple[str, str]:
    sign = ">=" if gate.direction == "at_least" else "<="
    value = "" if gate.value is None else f"{gate.value:.4g}"
    return value, "" if gate.threshold is None else f"{sign} {gate.threshold:.4g}"
