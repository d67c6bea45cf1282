"""feedmill decision: every gate of a night and what followed."""

from __future__ import annotations

from cli.screen import DayText, SurfaceName, console, night_of
from schemas.decision import Decision
from schemas.errors import UserError

_COLOURS = {"pass": "green", "fail": "bold red", "warn": "yellow", "skipped": "dim"}


def decision(surface: SurfaceName, day: DayText) -> None:
    """Print the decision of DAY: each gate's value, threshold and verdict, and whether the release ships."""
    night = night_of(surface, day)
    path = night.reports / "decision.json"
    if not path.exists():
        raise UserError(f"{surface} has no decision for {day}", fix=f"feedmill run {surface} {day}")
    found = Decision.read(path)
    console.print(f"decision of {surface} {day}; champion: {found.champion or 'none'}")
    for gate in found.gates:
        console.print(f"  [{_COLOURS[gate.verdict]}]{gate.verdict:7}[/]", end="")
        console.print(str(gate).removeprefix(f"{gate.verdict:7}"), markup=False)
    for line in found.cited:
        console.print(f"  measured {line}", markup=False)
    console.print(f"[bold]{found.verdict}[/] {found.release_id}: {found.reason}")
