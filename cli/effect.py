"""feedmill effect: what a feature or a rule does to an outcome, from logs in which nobody drew lots for it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.screen import SurfaceName, console, parse_day
from lake.home import Home
from schemas.errors import GateFailed

if TYPE_CHECKING:
    from evaluation.causal import CausalEffect
    from jobs.experiments.observed import Wanted


def effect(
    surface: SurfaceName,
    *,
    of: Annotated[
        str, typer.Option(help="the treatment: item_click_rate_7>=0.05, source=als, relaxed=max_per_creator")
    ],
    on: Annotated[str, typer.Option(help="an outcome of the surface", metavar="OUTCOME")],
    first: Annotated[str, typer.Option("--from", help="first day of the logs", metavar="DAY")],
    last: Annotated[str, typer.Option("--to", help="last day of the logs", metavar="DAY")],
    given: Annotated[list[str] | None, typer.Option(help="what the sides may differ in; default: all features")] = None,
    most: Annotated[int, typer.Option(min=1000, help="impressions to use, at most")] = 50_000,
    as_json: Annotated[bool, typer.Option("--json", help="all figures as JSON")] = False,
) -> None:
    """Estimate what a treatment does to OUTCOME per impression, doubly robust by propensity score and regression.

    Exit code 3 where the two sides cannot be compared. What was not recorded cannot be adjusted for: where it matters,
    run an experiment.
    """
    from evaluation.causal import causal_effect
    from jobs.experiments.condition import Condition
    from jobs.experiments.observed import Wanted, observe
    from lake.tables import Lake
    from surfaces.load import load

    loaded = load(surface)
    wanted = Wanted(Condition.parse(of), on, parse_day(first), parse_day(last), tuple(given or ()), most)
    seen = observe(Lake(Home.default().lake(surface)), loaded, wanted)
    found = causal_effect(seen.outcome, seen.treated, seen.covariates, seen.user)
    if as_json:
        typer.echo(json.dumps({"treatment": str(wanted.treatment), "outcome": on} | asdict(found), indent=1))
    else:
        _show(wanted, found, int(seen.treated.sum()), len(seen.covariates), seen.notes)
    if not found.overlap.enough:
        raise GateFailed(
            f"the two sides of {wanted.treatment} cannot be compared: {'; '.join(found.overlap.faults)}",
            fix="--given names fewer covariates, without those that only say the treatment again; or run an experiment",
        )


def _show(wanted: Wanted, found: CausalEffect, treated: int, covariates: int, notes: tuple[str, ...]) -> None:
    console.print(
        f"[bold]{wanted.treatment}[/] on {wanted.outcome}: {found.rows:,} impressions of {found.users:,} users, "
        f"{treated:,} treated; {covariates} covariates"
    )
    console.print(f"  plain difference  {found.naive:+.4g}")
    if found.value is not None:
        interval = f"{found.low:+.4g} to {found.high:+.4g}"
        console.print(f"  effect            {found.value:+.4g} ({interval}), p {found.p:.2g}")
    seen = found.overlap
    others, treated_part = (f"{share:.0%}" for share in seen.effective)
    worst, size = max(seen.imbalance.items(), key=lambda one: abs(one[1]))
    console.print(
        f"  overlap: weights leave {treated_part} of the treated and {others} of the others; {seen.outside:.1%} of "
        f"propensities near 0 or 1; largest imbalance {worst} {size:+.2f}"
    )
    for note in notes:
        console.print(f"  note: {note}", markup=False)
