"""What a day's slates were worth, beside what other policies would have made of the day, paired request by request."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluation.ranking import coverage, gini
from infra.loop.record import OPTIMAL, POLICIES, RANDOM, SERVED, Exposure, Interval
from worlds.draws import Codes
from worlds.sessions import Requests
from worlds.truth.gap import Estimate, gap_difference
from worlds.truth.segments import NEW_ITEM_DAYS, impression_segments
from worlds.truth.standing import Standing
from worlds.world import World


def gaps(found: Standing) -> dict[str, Interval]:
    """Share of the oracle gap that each policy closes."""
    return {one: interval(found.gaps[one]) for one in POLICIES if one in found.gaps}


def ahead(world: World, asked: Requests, shown: Mapping[str, Codes]) -> dict[str, Interval]:
    """By how much of the gap the served slates are ahead of each other policy, paired by user."""
    worth = {one: world.value(asked, slates) for one, slates in shown.items()}
    mine, random, optimal = worth[SERVED], worth[RANDOM], worth[OPTIMAL]
    others = [one for one in POLICIES if one in worth and one != SERVED]
    return {one: interval(gap_difference(mine, worth[one], random, optimal, asked.user)) for one in others}


def by_segment(found: Standing) -> dict[str, dict[str, float]]:
    """Share of the gap closed in each segment that was asked for: of requests, and of what was earned with items."""
    told: dict[str, dict[str, float]] = {}
    for (segment, policy), gap in found.segments.items():
        if policy in POLICIES and np.isfinite(gap.value):
            told.setdefault(segment, {})[policy] = gap.value
    return told


def exposure(world: World, asked: Requests, slates: Codes) -> Exposure:
    """Who was shown on the day; creators are new for as long as items are."""
    stock, now = world.items, world.catalogue
    counts = np.bincount(slates[slates >= 0], minlength=now)[:now]
    born = stock.born[:now]
    first = np.full(int(stock.creator.max()) + 1, np.inf)
    np.minimum.at(first, stock.creator, stock.born)
    new_item = impression_segments(world, asked, slates)["new items"]
    made = first[stock.creator[slates]]
    new_creator = (slates >= 0) & (asked.days[:, None] - made < NEW_ITEM_DAYS)
    fresh = born >= world.day - 1
    return Exposure(
        coverage=coverage(counts),
        gini=gini(counts),
        new_items=float(new_item.sum() / max(counts.sum(), 1)),
        new_creators=float(new_creator.sum() / max(counts.sum(), 1)),
        reached=float((counts[fresh] > 0).mean()) if fresh.any() else None,
    )


def interval(estimate: Estimate) -> Interval:
    """The estimate with its 95 % interval."""
    low, high = estimate.interval
    return Interval(value=estimate.value, low=low, high=high)
