"""feedmill compare: which of two releases is better on the same held-out day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.screen import ReleaseName, console, parse_day
from lake.home import Home

if TYPE_CHECKING:
    from jobs.comparing.compare import Comparison
    from jobs.judging.quoted import Quoted

EXITS = {"better": 0, "worse": 3, "even": 4, "mixed": 4}
"""Exit code of each verdict on B."""
_COLOURS = {"better": "bold green", "worse": "bold red", "even": "yellow", "mixed": "yellow"}

_TONES = {True: "green", False: "red", None: ""}


def compare(
    a: ReleaseName,
    b: ReleaseName,
    *,
    day: Annotated[str | None, typer.Option(help="held-out day; default: that of the newer release")] = None,
    segment: Annotated[str | None, typer.Option(help="only users with country=.. or device=..")] = None,
    picture: Annotated[Path | None, typer.Option(help="where the picture goes; default: the reports")] = None,
    everything: Annotated[bool, typer.Option("--all", help="also what cannot be told apart")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="all differences as JSON")] = False,
) -> None:
    """Say whether release B is better than release A, user by user on a day from which neither has learned.

    Exit code 0: better; 3: worse; 4: even, or better in some and worse in other figures.
    """
    from evaluation import pictures
    from jobs.comparing.compare import compare as compared
    from jobs.comparing.pair import pair_of
    from jobs.judging.segment import Segment

    part = Segment.parse(segment)
    pair = pair_of(Home.default(), a, b, parse_day(day) if day else None)
    found = compared(pair, part)
    path = picture or pair.night.reports / f"compare-{found.a}-{found.b}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    title = f"{found.b} against {found.a}{f', {part}' if part else ''}"
    pictures.save(pictures.differences(title, found.rows, "change, % of the first's"), path)
    if as_json:
        typer.echo(json.dumps({**found.as_dict(), "segment": segment, "picture": str(path)}, indent=1))
    else:
        _show(found, segment, path, everything=everything)
    raise typer.Exit(EXITS[found.verdict])


def _show(found: Comparison, segment: str | None, path: Path, *, everything: bool) -> None:
    from rich.table import Table

    where = f" with {segment}" if segment else ""
    console.print(f"{found.evaluation.surface} {found.evaluation.day}{where}: A {found.a}, B {found.b}", markup=False)
    console.print(f"  {found.evaluation.protocol}", markup=False, style="dim")
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("figure")  # where the screen is narrow, names wrap; numbers are never cut
    for name in ("A", "B", "B - A", "95 % interval", "users"):
        table.add_column(name, justify="right", no_wrap=True)
    shown = found.sections if everything else found.short
    for heading, rows in shown.items():
        table.add_row(f"[dim]{heading}[/]", "", "", "", "", "")
        for one in rows:
            table.add_row(*_cells(one), style=_TONES[one.better])
    console.print(table)
    hidden = sum(map(len, found.sections.values())) - sum(map(len, shown.values()))
    if hidden:
        console.print(f"  {hidden} others cannot be told apart: --all shows them", style="dim")
    console.print(f"  [{_COLOURS[found.verdict]}]{found.verdict}[/] B {found.b}")
    for line in (*found.reasons, *(f"note: {note}" for note in found.notes)):
        console.print(f"    {line}", markup=False)
    console.print(f"  picture {path}", markup=False)


def _cells(one: Quoted) -> tuple[str, ...]:
    pair, other = one.pair, one.other
    if pair.value is None:
        return one.name, "", "", "not measured", "", f"{pair.users:,}"
    both = ("", "") if other is None else (f"{other:.4f}", f"{other + pair.value:.4f}")
    span = "" if pair.low is None or pair.high is None else f"{pair.low:+.4f} to {pair.high:+.4f}"
    return one.name, *both, f"{pair.value:+.4f}", span, f"{pair.users:,}"
