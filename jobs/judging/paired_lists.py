"""How far apart lists are for the same users: paired differences with users as the units."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evaluation.intervals import Bootstrap
from evaluation.ranking.spreading import FIGURES as SPREADS
from jobs.judging.list_figures import Judged, Measured, Values, means
from schemas.evaluation import BLENDED, POPULAR, Paired

SEGMENT_FIGURES = ("recall", "ndcg")
"""What is paired within segments too, of all sources together."""


def against_champion(candidate: Measured, champion: Measured, seed: int) -> Iterator[Paired]:
    """The difference in every figure of every source that both have, user by user; by segment the main ones."""
    for source, mine in candidate.sources.items():
        if source in champion.sources:
            yield from _paired(mine, champion.sources[source], f"lists/{source}", "champion", seed)
    for segment, found in candidate.segments.items():
        other = champion.segments.get(segment, {}).get(BLENDED)
        if other is not None and BLENDED in found:
            yield from _within(segment, found[BLENDED], other, seed)


def against_popular(candidate: Measured, seed: int) -> Iterator[Paired]:
    """The difference of all sources together from most-popular."""
    found = candidate.sources
    if BLENDED in found and POPULAR in found:
        yield from _paired(found[BLENDED], found[POPULAR], f"lists/{BLENDED}", f"lists/{POPULAR}", seed)


def _paired(mine: Judged, theirs: Judged, of: str, against: str, seed: int) -> Iterator[Paired]:
    shared = {name: mine.values[name] - theirs.values[name] for name in mine.values if name in theirs.values}
    users = {name: int((~np.isnan(difference)).sum()) for name, difference in shared.items()}
    found = means(shared, Bootstrap(_count(shared), seed))
    for k, spread in mine.spreads.items():
        if k in theirs.spreads:
            found |= {f"{name}@{k}": spread.less(theirs.spreads[k], name) for name in SPREADS}
    for name, one in found.items():
        value = None if np.isnan(one.value) else one.value
        yield Paired(of, against, name, value, *one.limits, users.get(name, _count(shared)))


def _within(segment: str, mine: Judged, theirs: Judged, seed: int) -> Iterator[Paired]:
    names = [name for name in mine.values if name.partition("@")[0] in SEGMENT_FIGURES]
    shared = {name: mine.values[name] - theirs.values[name] for name in names}
    for name, one in means(shared, Bootstrap(_count(shared), seed)).items():
        if not np.isnan(one.value):
            users = int((~np.isnan(shared[name])).sum())
            yield Paired(f"lists/{BLENDED}", "champion", name, one.value, *one.limits, users, segment)


def _count(values: Values) -> int:
    return len(next(iter(values.values()), ()))
