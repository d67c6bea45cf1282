"""feedmill replay: logged requests answered again from their releases, compared with the log bit for bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.screen import SurfaceName, console, parse_day
from lake.home import Home
from schemas.errors import GateFailed, UserError
from surfaces.load import load

if TYPE_CHECKING:
    from serving.logs.reading import Logged
    from serving.replay import Releases, Replayed

TOLD = 5
"""Differences that are told one by one; the rest are counted."""


def replay(
    surface: SurfaceName,
    request_id: Annotated[str | None, typer.Argument(metavar="REQUEST_ID", help="the request to answer again")] = None,
    day: Annotated[str | None, typer.Option(help="UTC arrival day of the logs; default: the last that fits")] = None,
    sample: Annotated[int, typer.Option(min=1, help="without REQUEST_ID: how many of the day's requests")] = 100,
) -> None:
    """Answer logged requests of SURFACE again and compare candidates, scores, propensities and slate bit for bit.

    Exit code 3 where something differs; the first difference is told with its stage.
    """
    from serving.online.items import PostedItems
    from serving.online.open import open_store
    from serving.replay import Releases
    from serving.replay import replay as again

    home, name = Home.default(), load(surface).surface
    landing = home.landing(name)
    releases = Releases(home.releases(name), PostedItems(open_store(home.root / "online"), name))
    chosen = parse_day(day) if day else None
    logged = _sampled(landing, chosen, sample, releases) if request_id is None else _single(landing, chosen, request_id)
    _tell([again(releases.of(one.request), one) for one in logged])


def _single(landing: Path, day: date | None, request_id: str) -> Iterable[Logged]:
    from serving.logs.reading import day_of, requests

    found = day or day_of(landing, request_id)
    logged = list(requests(landing, found, [request_id])) if found else []
    if not logged:
        where = f"the logs of {day}" if day else "any log"
        raise UserError(f"there is no request {request_id!r} in {where} below {landing}")
    return logged


def _sampled(landing: Path, day: date | None, n: int, releases: Releases) -> Iterable[Logged]:
    from serving.logs.reading import days, requests, sample

    there = days(landing)
    if not there:
        raise UserError(f"there are no requests below {landing}", fix="feedmill serve logs what it answers")
    chosen = day or there[-1]
    gone: Counter[str] = Counter()
    kept: dict[str | None, bool] = {}

    def replayable(row: dict[str, object]) -> bool:
        release = row.get("release_id")
        name = str(release) if release is not None else None
        if name not in kept:
            kept[name] = releases.has(name)
        gone[str(name)] += not kept[name]
        return kept[name]

    ids = sample(landing, chosen, n, replayable)
    for release, count in gone.items():
        if count:
            console.print(
                f"[yellow]{count:,} requests of {chosen} were answered by {release}, which is not kept here[/]"
            )
    if not ids:
        raise UserError(
            f"no request of {chosen} was answered by a release that is kept here",
            fix=f"days with requests: {there[0]} to {there[-1]}; `feedmill releases` lists the releases",
        )
    return requests(landing, chosen, ids)


def _tell(replayed: list[Replayed]) -> None:
    from schemas.logs import RANKING

    different = [one.difference for one in replayed if one.difference is not None]
    whole = sum(RANKING.name in one.layers for one in replayed)
    console.print(
        f"{len(replayed):,} requests answered again: {len(replayed) - len(different):,} identical, "
        f"{len(different):,} different"
    )
    console.print(
        f"{whole:,} compared with candidates, scores and slate; {len(replayed) - whole:,} were not sampled, "
        "of them the slate and its propensities"
    )
    for difference in different[:TOLD]:
        console.print(str(difference), markup=False)
    if different:
        raise GateFailed(
            f"{len(different):,} of {len(replayed):,} requests come out otherwise than they were logged",
            fix="the stage named above depends on something besides the release and the request",
        )
