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
    table: Annotated[Path | None, typer.Option(help="a CSV or Parquet file instead of logs")] = None,
    user: Annotated[str, typer.Option(help="the table's column of users")] = "user",
    arm: Annotated[str, typer.Option(help="the table's column of arms")] = "arm",
    day: Annotated[str | None, typer.Option(help="the table's column of days, to look at daily")] = None,
    cluster: Annotated[str | None, typer.Option(help="the table's column of what was assigned together")] = None,
    trigger: Annotated[str | None, typer.Option(help="only these: device=phone; a yes/no column of the table")] = None,
    control: Annotated[str | None, typer.Option(help="the arm to compare with")] = None,
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
    from jobs.experiments.asking import control_of
    from jobs.experiments.table import Columns
    from jobs.experiments.wanted import Metrics, from_table

    metrics = Metrics(*(tuple(some or ()) for some in (primary, metric, guardrail, lower)))
    if (surface is None) == (table is None):
        raise UserError("name a SURFACE or a --table, one of them")
    if table is not None:
        found = from_table(table, Columns(user, arm, day, cluster, trigger), metrics)
    else:
        found = _logged(str(surface), (first, last), experiment, trigger, metrics, planning=plan is not None)
    if plan is not None:
        _plan(found, _share("plan", plan), as_json)
        return
    decides, further, guarded = found.metrics.read()
    asked = Question(
        control_of(_arms(found), control),
        decides,
        further,
        guarded,
        shares=found.shares,
        daily=not once,
        horizon=horizon,
        least_effect=None if least_effect is None else _share("least-effect", least_effect),
        least_days=least_days,
    )
    _answer(found, asked, picture, as_json)


def _logged(
    surface: str,
    days: tuple[str | None, str | None],
    experiment: str | None,
    trigger: str | None,
    metrics: Metrics,
    *,
    planning: bool,
) -> Gathered:
    from jobs.experiments.wanted import from_logs
    from surfaces.load import load

    first, last = days
    if first is None or last is None:
        raise UserError("which days?", fix="--from DAY --to DAY")
    if experiment is None and not planning:
        raise UserError("which experiment?", fix="--experiment names a layer of the surface's experiments, or holdback")
    return from_logs(
        load(surface),
        Home.default(),
        (parse_day(first), parse_day(last)),
        None if planning else experiment,
        trigger=trigger,
        metrics=metrics,
    )


def _plan(found: Gathered, relative: float, as_json: bool) -> None:
    from cli.ab_screen import show_plan
    from evaluation.experiments.plan import plan
    from evaluation.experiments.units import Panel

    panel = found.data if isinstance(found.data, Panel) else None
    units = panel.totals() if panel is not None else found.data
    plans = [
        plan(units, metric, relative, entered=None if panel is None else panel.entered)
        for metric in found.metrics.read()[0]
    ]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in plans], indent=1))
        return
    for one in plans:
        show_plan(console, one, arriving=panel is not None)


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


def _arms(found: Gathered) -> tuple[str, ...]:
    from evaluation.experiments.units import Panel

    return found.data.people.arms if isinstance(found.data, Panel) else found.data.arms


def _slug(name: str) -> str:
    return "-".join(name.replace(",", "").replace(".", " ").split())


def _share(option: str, text: str) -> float:
    try:
        number = float(text.strip().rstrip("%")) / (100.0 if "%" in text else 1.0)
    except ValueError:
        number = 0.0
    if not 0.0 < number < 1.0:
        raise UserError(f"--{option}: found {text!r}; allowed is a share between 0 and 1, such as 2%")
    return number
