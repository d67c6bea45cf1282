"""feedmill ab: what an experiment changed, and whether to ship it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.screen import console, parse_day
from lake.home import Home
from schemas.errors import UserError

if TYPE_CHECKING:
    from evaluation.experiments.question import Question
    from jobs.experiments.wanted import Gathered, Metrics

EXITS = {"ship": 0, "reject": 3, "continue": 4}
"""Exit code of each decision."""


def ab(
    surface: Annotated[str | None, typer.Argument(metavar="[SURFACE]", help="whose logs hold the experiment")] = None,
    *,
    first: Annotated[str | None, typer.Option("--from", help="first day of the experiment", metavar="DAY")] = None,
    last: Annotated[str | None, typer.Option("--to", help="last day to look at", metavar="DAY")] = None,
    experiment: Annotated[str | None, typer.Option(help="a layer of the surface's experiments, or holdback")] = None,
    surface_file: Annotated[
        Path | None, typer.Option(help="the surface file that served, if another", exists=True, dir_okay=False)
    ] = None,
    table: Annotated[Path | None, typer.Option(help="a CSV or Parquet file instead of logs")] = None,
    user: Annotated[str, typer.Option(help="the table's column of users")] = "user",
    arm: Annotated[str, typer.Option(help="the table's column of arms")] = "arm",
    day: Annotated[str | None, typer.Option(help="the table's column of days, to look at daily")] = None,
    cluster: Annotated[str | None, typer.Option(help="the table's column of what was assigned together")] = None,
    trigger: Annotated[str | None, typer.Option(help="only these: device=phone; a yes/no column of the table")] = None,
    control: Annotated[str | None, typer.Option(help="the arm to compare with")] = None,
    share: Annotated[list[str] | None, typer.Option(help="of users that an arm was meant to have: control=90%")] = None,
    primary: Annotated[list[str] | None, typer.Option(help="metric that decides: clicks, clicks/views")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="further metric, also dwell@0.9")] = None,
    guardrail: Annotated[list[str] | None, typer.Option(help="what may not lose more: dwell=2%")] = None,
    lower: Annotated[list[str] | None, typer.Option(help="metric that is better when lower")] = None,
    once: Annotated[bool, typer.Option("--once", help="the only look, on the day planned for it")] = False,
    horizon: Annotated[int, typer.Option(min=1, help="days for which daily looks are sharpest")] = 14,
    least_effect: Annotated[str | None, typer.Option(help="least change worth having: 1%")] = None,
    least_days: Annotated[int, typer.Option(min=1, help="days before which nothing ships")] = 7,
    plan: Annotated[str | None, typer.Option(help="plan instead: what a change of 2% needs to be seen")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="all figures as JSON")] = False,
    picture: Annotated[Path | None, typer.Option(help="where the picture goes; default: the reports")] = None,
) -> None:
    """Compare the arms of an experiment in SURFACE's logs, or in a table, and say ship, reject or continue.

    Exit code 0: ship; 3: reject; 4: continue, too little is known yet. Looks may be daily: their intervals hold on all
    days at once. In a table a column NAME_before, what users did before, sharpens NAME.
    """
    from evaluation.experiments.question import Question
    from jobs.experiments.asking import control_of, read_share, shares_of
    from jobs.experiments.table import Columns
    from jobs.experiments.wanted import Metrics, from_table

    metrics = Metrics(*(tuple(some or ()) for some in (primary, metric, guardrail, lower)))
    if (surface is None) == (table is None):
        raise UserError("name a SURFACE or a --table, one of them")
    if table is not None:
        found = from_table(table, Columns(user, arm, day, cluster, trigger), metrics)
    else:
        named = None if plan else _experiment(experiment)
        found = _logged(str(surface), surface_file, (first, last), named, trigger=trigger, metrics=metrics)
    if plan is not None:
        _plan(found, read_share("plan", plan), as_json)
        return
    decides, further, guarded = found.metrics.read()
    asked = Question(
        control_of(found.arms, control),
        decides,
        further,
        guarded,
        shares=shares_of(share or (), found.arms) or found.shares,
        daily=not once,
        horizon=horizon,
        least_effect=None if least_effect is None else read_share("least-effect", least_effect),
        least_days=least_days,
    )
    _answer(found, asked, picture, as_json)


def _experiment(named: str | None) -> str:
    if named is None:
        raise UserError("which experiment?", fix="--experiment names a layer of the surface's experiments, or holdback")
    return named


def _logged(
    name: str,
    file: Path | None,
    days: tuple[str | None, str | None],
    experiment: str | None,
    *,
    trigger: str | None,
    metrics: Metrics,
) -> Gathered:
    from jobs.experiments.wanted import from_logs
    from surfaces.load import load, load_file

    first, last = days
    if first is None or last is None:
        raise UserError("which days?", fix="--from DAY --to DAY")
    surface = load(name) if file is None else load_file(file)
    range_ = parse_day(first), parse_day(last)
    return from_logs(surface, Home.default(), range_, experiment, trigger=trigger, metrics=metrics)


def _plan(found: Gathered, relative: float, as_json: bool) -> None:
    from cli.ab_screen import show_plan
    from evaluation.experiments.plan import plan
    from evaluation.experiments.units import Panel

    days_known = isinstance(found.data, Panel)
    units, entered = (found.data.totals(), found.data.entered) if isinstance(found.data, Panel) else (found.data, None)
    plans = [plan(units, metric, relative, entered=entered) for metric in found.metrics.read()[0]]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in plans], indent=1))
        return
    for one in plans:
        show_plan(console, one, arriving=days_known)


def _answer(found: Gathered, asked: Question, picture: Path | None, as_json: bool) -> None:
    from cli.ab_screen import show
    from evaluation.experiments.analysis import analyse
    from evaluation.experiments.picture import draw
    from evaluation.experiments.told import to_json
    from evaluation.pictures import save

    analysis = analyse(asked, found.data)
    analysis = replace(analysis, notes=(*found.notes, *analysis.notes))
    path = picture or Home.default().root / "reports" / "experiments" / f"{_slug(found.name)}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    save(draw(analysis, found.name), path)
    if as_json:
        typer.echo(to_json(analysis))
    else:
        show(console, analysis, found.name)
        console.print(f"  picture: {path}", markup=False)
    raise typer.Exit(EXITS[analysis.decision])


def _slug(name: str) -> str:
    return "-".join(name.replace(",", "").replace(".", " ").split())
