"""How good the lists of the held-out day are: per user, in the mean with its interval, and paired with other lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation import ranking
from evaluation.intervals import Bootstrap, Interval
from jobs.judging.held_out import HeldOutDay
from jobs.judging.lists import Items, ks
from schemas.evaluation import BLENDED, POPULAR, Limits, Lists, Paired

Doubles = npt.NDArray[np.float64]
Values = Mapping[str, Doubles]
"""Figure to (m,) values, one a user; NaN where it has none."""


@dataclass(frozen=True)
class Measured:
    """Lists of one who: a summary per source, and the values it is the mean of."""

    lists: dict[str, Lists]
    values: Mapping[str, Values]


def measured(lists: Mapping[str, Items], day: HeldOutDay, seed: int) -> Measured:
    """Quality of each of `lists`, by its name; intervals by `seed`, the same users for all."""
    values = {name: _values(found, day.holdout.relevant, day) for name, found in lists.items()}
    drawn = Bootstrap(len(day), seed)
    return Measured({name: _lists(found, values[name], day, drawn) for name, found in lists.items()}, values)


def by_segment(lists: Mapping[str, Items], day: HeldOutDay, seed: int) -> dict[str, dict[str, Lists]]:
    """The same for new users, and for what users responded to among head, tail and new items."""
    segments: dict[str, dict[str, Lists]] = {}
    rows = day.new_users
    relevant = [day.holdout.relevant[row] for row in rows]
    segments["new_users"] = _segment({name: found[rows] for name, found in lists.items()}, relevant, day, seed)
    for part, members in day.parts.items():
        within = [wanted & members for wanted in day.holdout.relevant]
        segments[f"{part}_items"] = _segment(lists, within, day, seed)
    return segments


def against_champion(candidate: Measured, champion: Measured, seed: int) -> Iterator[Paired]:
    """The difference in every figure of every source that both have, user by user."""
    for source, mine in candidate.values.items():
        theirs = champion.values.get(source, {})
        yield from _paired(mine, theirs, f"lists/{source}", "champion", seed)


def against_popular(candidate: Measured, seed: int) -> Iterator[Paired]:
    """The difference of all sources together from most-popular."""
    if BLENDED in candidate.values and POPULAR in candidate.values:
        mine, theirs = candidate.values[BLENDED], candidate.values[POPULAR]
        yield from _paired(mine, theirs, f"lists/{BLENDED}", f"lists/{POPULAR}", seed)


def limits(interval: Interval) -> Limits:
    """The ends of `interval`, None where they are not known."""
    return (None, None) if np.isnan(interval.low) else (interval.low, interval.high)


def _paired(mine: Values, theirs: Values, of: str, against: str, seed: int) -> Iterator[Paired]:
    for figure in mine:
        if figure in theirs:
            difference = mine[figure] - theirs[figure]
            found = _mean(difference, Bootstrap(len(difference), seed))
            low, high = limits(found)
            value = None if np.isnan(found.value) else found.value
            yield Paired(of, against, figure, value, low, high, int((~np.isnan(difference)).sum()))


def _segment(
    lists: Mapping[str, Items], relevant: Sequence[Collection[str]], day: HeldOutDay, seed: int
) -> dict[str, Lists]:
    drawn = Bootstrap(len(relevant), seed)
    return {name: _lists(found, _values(found, relevant, day), day, drawn) for name, found in lists.items()}


def _values(lists: Items, relevant: Sequence[Collection[str]], day: HeldOutDay) -> dict[str, Doubles]:
    """Every figure that has a value per user, at every length; of users with nothing to find the list's own only."""
    shown = ranking.rows_in(lists, day.items.item_ids)
    found = ranking.hits(lists, relevant) if len(relevant) else ranking.hits([], [])
    values: dict[str, Doubles] = {}
    for k in ks(len(day.items)):
        for name, metric in ranking.METRICS.items():
            values[f"{name}@{k}"] = np.full(len(relevant), np.nan)
            values[f"{name}@{k}"][found.rows] = metric(found, k)
        first = shown[:, :k]
        values[f"novelty@{k}"] = ranking.novelty(first, day.responses)
        values[f"distance@{k}"] = _distance(first, day)
        values[f"new_items@{k}"] = ranking.share_of(first, day.new_items)
        values[f"new_creators@{k}"] = ranking.share_of(first, day.of_new_creators)
    return values


def _distance(shown: npt.NDArray[np.int64], day: HeldOutDay) -> Doubles:
    if day.items.content.shape[1]:
        return ranking.intra_list_distance(shown, day.items.content)
    return ranking.topic_distance(shown, day.items.topics)


def _lists(lists: Items, values: Values, day: HeldOutDay, drawn: Bootstrap) -> Lists:
    """Means over users with their intervals, and the spread over the catalogue, which is of all lists together."""
    means = {name: _mean(of_users, drawn) for name, of_users in values.items()}
    figures: dict[str, float | None] = {name: found.value for name, found in means.items()}
    for k in ks(len(day.items)):
        counts = ranking.exposures(lists[:, :k], day.items.item_ids)
        figures[f"coverage@{k}"] = ranking.coverage(counts)
        figures[f"gini@{k}"] = ranking.gini(counts)
        figures[f"entropy@{k}"] = ranking.entropy(counts)
    asked = int((~np.isnan(values[f"recall@{ks(len(day.items))[0]}"])).sum())
    known = {name: limits(found) for name, found in means.items()}
    return Lists(asked, figures, {name: both for name, both in known.items() if both != (None, None)})


def _mean(values: Doubles, drawn: Bootstrap) -> Interval:
    known = ~np.isnan(values)
    return drawn.mean(np.where(known, values, 0.0), known.astype(np.float64))
