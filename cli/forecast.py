"""feedmill forecast: what releases were forecast to be worth, beside what was measured once they served."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.screen import SurfaceName, console
from lake.home import Home
from lake.tables import Lake
from schemas.errors import GateFailed, UserError
from surfaces.load import load

if TYPE_CHECKING:
    from evaluation.ope.agreement import HitRate, Span
    from jobs.offpolicy.kept import Told


def forecast(
    surface: SurfaceName,
    *,
    picture: Annotated[Path | None, typer.Option(help="where the picture goes; default: the reports")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="everything as JSON")] = False,
) -> None:
    """Print SURFACE's forecasts with what came of them, and how many held.

    Each is of the difference, per request, between the release and what was shown when it was made. Exit code 3 if
    fewer held than their confidence says, by more than chance.
    """
    from jobs.offpolicy import kept

    home, name = Home.default(), load(surface).surface
    found = kept.told(Lake(home.lake(name)))
    if not found:
        raise UserError(
            f"{name} has no forecasts yet",
            fix=f"each night makes one; feedmill ope {name} --from DAY --target RELEASE makes one too",
        )
    rate = kept.rate_of(found)
    path = _draw(name, found, picture or home.root / "reports" / name / "forecast.png")
    if as_json:
        print(json.dumps(_report(name, found, rate), indent=1, default=str))
    else:
        _show(name, found, rate, path)
    level = min(one.forecast.level for one in found)
    if rate.count and rate.high < level:
        raise GateFailed(f"{rate}: fewer than {level:.0%}", fix=f"feedmill ope {name} shows what a forecast leans on")


def _draw(name: str, found: list[Told], path: Path) -> Path | None:
    from evaluation import pictures
    from evaluation.ope.picture import forecast_against_fact

    pairs = [one.pair for one in found if one.pair is not None]
    if not pairs:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures.save(forecast_against_fact(name, pairs), path)
    return path


def _report(name: str, found: list[Told], rate: HitRate) -> dict[str, Any]:
    forecasts = [
        {
            "forecast": asdict(one.forecast),
            "fact": asdict(one.fact) if one.fact else None,
            "held": one.pair.held if one.pair else None,
        }
        for one in found
    ]
    return {"surface": name, "hit_rate": {**asdict(rate), "share": rate.share}, "forecasts": forecasts}


def _show(name: str, found: list[Told], rate: HitRate, path: Path | None) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=True, padding=(0, 2), header_style="dim")
    for title in ("logs of", "release", "forecast", "served on", "measured", ""):
        table.add_column(title, no_wrap=True)
    for one in found:
        told, fact = one.forecast, one.fact
        days = str(told.last_day) if told.first_day == told.last_day else f"{told.first_day} .. {told.last_day}"
        served = (str(fact.measured_on), _cell(fact.span)) if fact else ("", "")
        table.add_row(days, told.target, _cell(told.span), *served, _word(one))
    console.print(f"{name}: value per request of the release less that of what was shown", markup=False)
    console.print(table, crop=False)
    console.print(f"  {rate}", markup=False)
    if path is not None:
        console.print(f"  picture {path}", markup=False)


def _cell(span: Span | None) -> str:
    return "" if span is None else f"{span.value:+.3g} ({span.low:+.3g} .. {span.high:+.3g})"


def _word(one: Told) -> str:
    if one.forecast.reasons:
        first, *more = (reason.partition(":")[0] for reason in one.forecast.reasons)
        return f"refused: {first}" + (f" and {len(more)} more" if more else "")
    if one.pair is None:
        return "not served yet"
    return "held" if one.pair.held else "[bold red]did not hold[/]"
