"""feedmill audit: every logged slate of a day against the rules of its surface."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from cli.screen import DayText, SurfaceName, console, night_of
from schemas.errors import GateFailed, UserError

if TYPE_CHECKING:
    from evaluation.audit import Violation


def audit(
    surface: SurfaceName,
    day: DayText,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="also slates of other surface files, or of logs that name none")
    ] = False,
    most: Annotated[int, typer.Option(min=0, help="violations to print")] = 20,
) -> None:
    """Check the rules of SURFACE on every slate that was logged on DAY, from the logs and the surface file alone."""
    from jobs.auditing.audit_day import audit_day, config_of
    from jobs.auditing.logged import requests_of

    night = night_of(surface, day)
    requests = requests_of(night.landing, night.day)
    chosen = requests if everything else requests.loc[requests["config"] == config_of(night.surface)]
    others = len(requests) - len(chosen)
    if chosen.empty:
        raise UserError(
            f"none of the {others:,} requests of {day} was answered under the surface file as it is now",
            fix=f"audit them all the same: feedmill audit {surface} {day} --all",
        )
    found = audit_day(night.surface, night.landing, night.day, chosen)
    aside = f"; {others:,} answered under another surface file" if others else ""
    console.print(f"{surface} {day}: {len(chosen):,} slates audited{aside}")
    _show(found, most)
    if found:
        slates = len({one.request_id for one in found})
        raise GateFailed(f"{len(found):,} violations in {slates:,} slates of {surface} on {day}")
    console.print("every rule is kept, or says that it gave way")


def _show(found: list[Violation], most: int) -> None:
    for rule, count in Counter(one.rule for one in found).most_common():
        console.print(f"  {count:>7,}  {rule}", markup=False)
    for one in found[:most]:
        slot = "" if one.position is None else f" slot {one.position}"
        console.print(f"  {one.request_id}{slot}  {one.rule}: {one.words}", markup=False)
    if len(found) > most > 0:
        console.print(f"  and {len(found) - most:,} more: --most shows them")
