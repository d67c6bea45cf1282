"""feedmill ope: what a release would have been worth on logged requests, or why the logs cannot tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.screen import SurfaceName, console, parse_day
from jobs.night import Night, days_between
from lake.home import Home
from schemas.errors import GateFailed, UserError
from schemas.tables import BRONZE
from surfaces.load import load

if TYPE_CHECKING:
    from evaluation.ope.intervals import Interval
    from jobs.offpolicy.asked import Asked
    from jobs.offpolicy.evaluate import Evaluated
    from surfaces.surface import Surface


def ope(
    surface: SurfaceName,
    *,
    first: Annotated[str, typer.Option("--from", help="first UTC day of the logs", metavar="DAY")],
    last: Annotated[str | None, typer.Option("--to", help="last UTC day; default: the first", metavar="DAY")] = None,
    target: Annotated[str, typer.Option(help="the release in question: its id, or its folder", metavar="RELEASE")],
    surface_file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="another surface file for it: other weights, rules, exploration"
        ),
    ] = None,
    segment: Annotated[str | None, typer.Option(help="only requests with country=.., device=.. or network=..")] = None,
    top: Annotated[int | None, typer.Option(min=1, help="value of the first slots alone")] = None,
    sample: Annotated[int, typer.Option(min=1, help="requests a day, at most, that are answered again")] = 2000,
    known_at: Annotated[str | None, typer.Option(help="labels as known at the end of this day", metavar="DAY")] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="confidence of the intervals")] = 0.95,
    picture: Annotated[Path | None, typer.Option(help="where the picture goes; default: the reports")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="everything as JSON")] = False,
) -> None:
    """Estimate from SURFACE's logs what RELEASE would have been worth, per request.

    Exit code 3 where the logs cannot tell: the table says why, and what would be needed. An estimate of the release as
    it is, on whole requests, is kept for `feedmill forecast`.
    """
    from jobs.offpolicy.asked import Asked
    from jobs.offpolicy.evaluate import evaluate
    from jobs.offpolicy.logged import parse_segment
    from jobs.offpolicy.target import folder_of

    days = _days(first, last)
    night = _night(surface, days, known_at)
    other = None if surface_file is None else _surface_of(surface_file)
    asked = Asked(days, sample, top, level, parse_segment(segment), other)
    found = evaluate(night, folder_of(night, target), asked)
    path = picture or night.home.reports(surface, days[-1]) / f"ope-{found.target}.png"
    _draw(night, asked, found, path)
    _keep(night, asked, found)
    if as_json:
        from jobs.offpolicy.report import as_json as report

        print(json.dumps(report(night, asked, found), indent=1))
    else:
        _show(night, asked, found, path)
    if found.main.refused:
        raise GateFailed(
            f"the logs of {_span(days)} cannot tell what {found.target} is worth",
            fix="log with more exploration, take more days, or judge fewer slots (--top)",
        )


def _days(first: str, last: str | None) -> tuple[date, ...]:
    begin, end = parse_day(first), parse_day(last or first)
    if end < begin:
        raise UserError(f"--to: found {end}, which is before {begin}")
    return tuple(days_between(begin, end))


def _night(surface: str, days: tuple[date, ...], known_at: str | None) -> Night:
    """The night whose knowledge counts: by default that of the last day that was ingested."""
    one = Night(load(surface), days[-1], Home.default())
    ingested = one.lake.days(BRONZE["impression"])
    return Night(one.surface, parse_day(known_at) if known_at else max({days[-1], *ingested}), one.home)


def _surface_of(path: Path) -> Surface:
    from surfaces.mistakes import read_mapping, validate
    from surfaces.surface import Surface

    return validate(Surface, read_mapping(path, "a surface file"), str(path))


def _draw(night: Night, asked: Asked, found: Evaluated, path: Path) -> None:
    from evaluation import pictures
    from evaluation.ope.picture import intervals

    path.parent.mkdir(parents=True, exist_ok=True)
    title = f"{found.target} on {night.surface.surface}, {_span(asked.days)}"
    pictures.save(intervals(title, found.logged, found.estimates), path)


def _keep(night: Night, asked: Asked, found: Evaluated) -> None:
    """Only what a night would forecast too can be compared with what comes of it."""
    from jobs.offpolicy import kept
    from jobs.offpolicy.forecast import forecast_of

    if asked.surface is None and asked.top is None and not asked.segment:
        kept.keep(night.lake, kept.line_of(forecast_of(night, asked, found), night.day))


def _show(night: Night, asked: Asked, found: Evaluated, path: Path) -> None:
    from rich.table import Table

    trust = found.main.trust
    console.print(
        f"{night.surface.surface} {_span(asked.days)}, as known at {night.day}: {trust.units:,} requests of "
        f"{trust.users:,} users"
    )
    for reason, count in found.excluded.by_reason.items():
        console.print(f"  {count:,} left out: {reason}", markup=False)
    if found.left_out:
        console.print(f"  not part of the value, for it is not known yet: {', '.join(found.left_out)}")
    table = Table(box=None, pad_edge=True, padding=(0, 2))
    for name in ("per request", "value", f"{asked.level:.0%} interval", "effective users", "mean weight"):
        table.add_column(name, justify="left" if name == "per request" else "right", no_wrap=True)
    table.add_row("what was shown", *_cells(found.logged), "", "")
    for name, one in found.estimates.items():
        worth = "" if one.trust.effective is None else f"{one.trust.effective:,.0f}"
        mean = "" if one.trust.mean is None else f"{one.trust.mean:.3g}"
        table.add_row("dm (model alone)" if name == "dm" else name, *_cells(one.interval), worth, mean)
    table.add_row("cascade_dr - shown", *_cells(found.difference.interval), "", "")
    console.print(table)
    for reason in found.main.trust.refusals:
        console.print(f"  {reason}", markup=False)
    console.print(f"  picture {path}", markup=False)


def _cells(found: Interval | None) -> tuple[str, str]:
    if found is None:
        return "refused", ""
    return f"{found.value:.4g}", f"{found.low:.4g} .. {found.high:.4g}"


def _span(days: Sequence[date]) -> str:
    return f"{days[0]} to {days[-1]}" if len(days) > 1 else f"{days[0]}"
