"""feedmill diagnose: where two releases differ, largest contributions first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.screen import ReleaseName, console, parse_day
from lake.home import Home

if TYPE_CHECKING:
    from jobs.comparing.diagnose import Diagnosis

DRAWN = 25
"""Contributions in the picture."""


def diagnose(
    a: ReleaseName,
    b: ReleaseName,
    *,
    day: Annotated[str | None, typer.Option(help="held-out day; default: that of the newer release")] = None,
    segment: Annotated[str | None, typer.Option(help="only users with country=.. or device=..")] = None,
    top: Annotated[int, typer.Option(min=1, help="contributions on the screen")] = 15,
    picture: Annotated[Path | None, typer.Option(help="where the picture goes; default: the reports")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="every contribution as JSON")] = False,
) -> None:
    """Ask releases A and B the same requests of a day from which neither has learned, and say where they differ.

    Sources, segments, position, heads and calibration, in percent of what A has; those that chance may explain come
    last.
    """
    from evaluation import pictures
    from jobs.comparing.diagnose import diagnose as diagnosed
    from jobs.comparing.pair import pair_of
    from jobs.judging.segment import Segment

    pair = pair_of(Home.default(), a, b, parse_day(day) if day else None)
    found = diagnosed(pair, Segment.parse(segment))
    path = picture or pair.night.reports / f"diagnose-{found.a}-{found.b}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [row for one in found.contributions if (row := one.row) is not None][:DRAWN]
    title = f"where {found.b} differs from {found.a}"
    pictures.save(pictures.differences(title, rows, "more (blue) or less (red), % of what the first has"), path)
    if as_json:
        typer.echo(json.dumps({**found.as_dict(), "segment": segment, "picture": str(path)}, indent=1))
    else:
        _show(found, segment, top, path)


def _show(found: Diagnosis, segment: str | None, top: int, path: Path) -> None:
    from rich.table import Table

    where = f" with {segment}" if segment else ""
    console.print(f"{found.surface} {found.day}{where}: A {found.a}, B {found.b}", markup=False)
    if found.same_items is not None and found.same_slots is not None:
        console.print(
            f"  {found.requests:,} requests answered by both: {found.same_items:.1%} of A's items are in B's slate, "
            f"{found.same_slots:.1%} in the same slot; {found.impressions:,} impressions scored by both"
        )
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for name in ("where", "measure"):  # where the screen is narrow, words wrap; numbers are never cut
        table.add_column(name)
    for name in ("A", "B", "B - A", "95 % interval", "% of A"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found.contributions[:top]:
        span = "" if one.low is None or one.high is None else f"{one.low:+.4f} to {one.high:+.4f}"
        values = (f"{one.a:.4f}", f"{one.b:.4f}", f"{one.difference:+.4f}", span, f"{one.percent:+.1f}")
        table.add_row(f"{one.kind}: {one.name}", one.measure, *values, style="" if one.told else "dim")
    console.print(table)
    told = sum(one.told for one in found.contributions)
    rest = max(len(found.contributions) - top, 0)
    console.print(
        f"  {told} of {found.compared} places differ by more than chance explains; {rest} further ones: --top, --json"
    )
    for note in found.notes:
        console.print(f"  note: {note}", markup=False)
    console.print(f"  picture {path}", markup=False)
