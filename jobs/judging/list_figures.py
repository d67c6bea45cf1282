"""How good the lists of the held-out day are: per user, in the mean with its interval, and paired with other lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation import ranking
from evaluation.intervals import Bootstrap, Interval
from evaluation.ranking.spreading import FIGURES as SPREADS
from jobs.judging.held_out import HeldOutDay
from jobs.judging.lists import Items, ks
from schemas.evaluation import BLENDED, POPULAR, Lists, Paired

Doubles = npt.NDArray[np.float64]
Values = Mapping[str, Doubles]
"""Figure to (m,) values, one a user; NaN where it has none."""
SEGMENT_FIGURES = ("recall", "ndcg")
"""What is paired within segments too, of all sources together."""


@dataclass(frozen=True)
class Judged:
    """Lists of some users from one source: per user, how they spread over the catalogue by length, and summed up."""

    values: Values
    spreads: Mapping[int, ranking.Spread]
    lists: Lists


@dataclass(frozen=True)
class Measured:
    """The lists of one who by source, and by segment and source."""

    sources: Mapping[str, Judged]
    segments: Mapping[str, Mapping[str, Judged]]

    @property
    def lists(self) -> dict[str, Lists]:
        return {source: one.lists for source, one in self.sources.items()}

    @property
    def by_segment(self) -> dict[str, dict[str, Lists]]:
        return {name: {source: one.lists for source, one in found.items()} for name, found in self.segments.items()}


def measured(lists: Mapping[str, Items], day: HeldOutDay, seed: int) -> Measured:
    """Quality of each of `lists`, by its name; intervals by `seed`, the same users for all.

    Segments are those of the users, and what users responded to among head, tail and new items.
    """
    drawn = Bootstrap(len(day), seed)
    values = {source: _values(found, day) for source, found in lists.items()}
    shown = {source: ranking.rows_in(found, day.items.item_ids) for source, found in lists.items()}
    whole = {source: _judged(values[source], shown[source], day, drawn) for source in lists}
    segments = {name: _users(values, shown, day, rows, seed) for name, rows in day.user_segments.items()}
    for part, members in day.parts.items():
        within = [{item: gain for item, gain in wanted.items() if item in members} for wanted in day.gains]
        found = {source: _metrics(items, within, ks(len(day.items))) for source, items in lists.items()}
        segments[f"{part}_items"] = {source: _summed(one, {}, drawn) for source, one in found.items()}
    return Measured(whole, segments)


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
    found = _means(shared, Bootstrap(_count(shared), seed))
    for k, spread in mine.spreads.items():
        if k in theirs.spreads:
            found |= {f"{name}@{k}": spread.less(theirs.spreads[k], name) for name in SPREADS}
    for name, one in found.items():
        value = None if np.isnan(one.value) else one.value
        yield Paired(of, against, name, value, *one.limits, users.get(name, _count(shared)))


def _within(segment: str, mine: Judged, theirs: Judged, seed: int) -> Iterator[Paired]:
    names = [name for name in mine.values if name.partition("@")[0] in SEGMENT_FIGURES]
    shared = {name: mine.values[name] - theirs.values[name] for name in names}
    for name, one in _means(shared, Bootstrap(_count(shared), seed)).items():
        if not np.isnan(one.value):
            users = int((~np.isnan(shared[name])).sum())
            yield Paired(f"lists/{BLENDED}", "champion", name, one.value, *one.limits, users, segment)


def _users(
    values: Mapping[str, Values],
    shown: Mapping[str, npt.NDArray[np.int64]],
    day: HeldOutDay,
    rows: Sequence[int],
    seed: int,
) -> dict[str, Judged]:
    """The lists of the users in `rows` alone; how all sources together spread is told, of single ones it is not."""
    drawn = Bootstrap(len(rows), seed)
    found = {}
    for source, of_all in values.items():
        some = {name: one[rows] for name, one in of_all.items()}
        spreads = _spreads(shown[source][rows], day, drawn) if source in (BLENDED, POPULAR) and rows else {}
        found[source] = _summed(some, spreads, drawn)
    return found


def _judged(values: Values, shown: npt.NDArray[np.int64], day: HeldOutDay, drawn: Bootstrap) -> Judged:
    return _summed(values, _spreads(shown, day, drawn), drawn)


def _spreads(shown: npt.NDArray[np.int64], day: HeldOutDay, drawn: Bootstrap) -> dict[int, ranking.Spread]:
    return {k: ranking.spread(shown[:, :k], len(day.items), drawn) for k in ks(len(day.items))}


def _summed(values: Values, spreads: Mapping[int, ranking.Spread], drawn: Bootstrap) -> Judged:
    """Means over users and the spread over the catalogue, which is of all lists together, with their intervals."""
    found = _means(values, drawn)
    for k, spread in spreads.items():
        found |= {f"{name}@{k}": spread.interval(name) for name in SPREADS}
    asked = int((~np.isnan(next(iter(values.values())))).sum())
    known = {name: one.limits for name, one in found.items()}
    intervals = {name: both for name, both in known.items() if both != (None, None)}
    return Judged(values, spreads, Lists(asked, {name: one.value for name, one in found.items()}, intervals))


def _values(lists: Items, day: HeldOutDay) -> dict[str, Doubles]:
    """Every figure that has a value per user, at every length; of users with nothing to find the list's own only."""
    shown = ranking.rows_in(lists, day.items.item_ids)
    values = _metrics(lists, day.gains, ks(len(day.items)))
    for k in ks(len(day.items)):
        first = shown[:, :k]
        values[f"novelty@{k}"] = ranking.novelty(first, day.responses)
        values[f"distance@{k}"] = _distance(first, day)
        values[f"new_items@{k}"] = ranking.share_of(first, day.new_items)
        values[f"new_creators@{k}"] = ranking.share_of(first, day.of_new_creators)
    return values


def _metrics(lists: Items, relevant: Sequence[Mapping[str, float]], lengths: Sequence[int]) -> dict[str, Doubles]:
    found = ranking.hits(lists, relevant) if len(relevant) else ranking.hits([], [])
    values: dict[str, Doubles] = {}
    for k in lengths:
        for name, metric in ranking.METRICS.items():
            values[f"{name}@{k}"] = np.full(len(relevant), np.nan)
            values[f"{name}@{k}"][found.rows] = metric(found, k)
    return values


def _distance(shown: npt.NDArray[np.int64], day: HeldOutDay) -> Doubles:
    if day.items.content.shape[1]:
        return ranking.intra_list_distance(shown, day.items.content)
    return ranking.topic_distance(shown, day.items.topics)


def _means(values: Values, drawn: Bootstrap) -> dict[str, Interval]:
    if not values:
        return {}
    return dict(zip(values, drawn.means(np.stack(list(values.values()), axis=1)), strict=True))


def _count(values: Values) -> int:
    return len(next(iter(values.values()), ()))
