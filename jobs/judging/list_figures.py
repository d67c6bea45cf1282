"""How good the lists of the held-out day are: per user, and in the mean with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation import ranking
from evaluation.intervals import Bootstrap, Interval
from evaluation.ranking.spreading import FIGURES as SPREADS
from jobs.judging.held_out import HeldOutDay
from jobs.judging.lists import Items, ks
from schemas.evaluation import BLENDED, POPULAR, Lists

Doubles = npt.NDArray[np.float64]
Values = Mapping[str, Doubles]
"""Figure to (m,) values, one a user; NaN where it has none."""


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
    found = means(values, drawn)
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


def means(values: Values, drawn: Bootstrap) -> dict[str, Interval]:
    """The mean of each figure over the users that have it."""
    if not values:
        return {}
    return dict(zip(values, drawn.means(np.stack(list(values.values()), axis=1)), strict=True))
