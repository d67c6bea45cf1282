"""What a day's slates were worth, beside what other policies would have shown to the same requests.

Every policy is judged in the world that really was: the same users with the same past, one request ahead, and none
shows again what was consumed in it, or what the server would not show again. So differences between policies are
paired, request by request.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluation.ranking import coverage, gini
from infra.loop.record import OPTIMAL, POLICIES, RANDOM, SERVED, Exposure, Interval
from worlds.draws import Codes, Floats
from worlds.sessions import Requests
from worlds.truth.gap import Estimate, gap_difference, oracle_gap
from worlds.truth.segments import NEW_ITEM_DAYS, impression_segments, request_segments
from worlds.world import World

Values = Mapping[str, Floats]
"""Policy to the (r,) values of its slates."""


def values(world: World, asked: Requests, slates: Mapping[str, Codes]) -> dict[str, Floats]:
    """The expected value of every policy's slates (r, k)."""
    return {policy: world.value(asked, shown) for policy, shown in slates.items()}


def gaps(worth: Values, user: Codes) -> dict[str, Interval]:
    """Share of the oracle gap that each policy closes; `user` (r,) says whose request each is."""
    random, optimal = worth[RANDOM], worth[OPTIMAL]
    return {one: interval(oracle_gap(worth[one], random, optimal, user)) for one in POLICIES if one in worth}


def ahead(worth: Values, user: Codes) -> dict[str, Interval]:
    """By how much of the gap the served slates are ahead of each other policy, paired."""
    mine, random, optimal = worth[SERVED], worth[RANDOM], worth[OPTIMAL]
    others = [one for one in POLICIES if one in worth and one != SERVED]
    return {one: interval(gap_difference(mine, worth[one], random, optimal, user)) for one in others}


def by_segment(
    world: World, asked: Requests, slates: Mapping[str, Codes], worth: Values
) -> dict[str, dict[str, float]]:
    """Share of the gap closed in each segment that was asked for: of requests, and of what was earned with items."""
    found = {}
    for segment, mask in request_segments(world, asked).items():
        if mask.any():
            found[segment] = _closed({one: part[mask] for one, part in worth.items()}, asked.user[mask])
    earned = {one: world.rates(asked, shown).utility for one, shown in slates.items()}
    inside = {one: impression_segments(world, asked, shown) for one, shown in slates.items()}
    for segment in inside[SERVED]:
        part = {one: np.where(inside[one][segment], earned[one], 0.0).sum(axis=1) for one in slates}
        found[segment] = _closed(part, asked.user)
    return {segment: closed for segment, closed in found.items() if closed}


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
        reached=float((counts[fresh] > 0).mean()) if fresh.any() else float("nan"),
    )


def interval(estimate: Estimate) -> Interval:
    """The estimate with its 95 % interval."""
    low, high = estimate.interval
    return Interval(value=estimate.value, low=low, high=high)


def _closed(worth: Values, user: Codes) -> dict[str, float]:
    found = {one: oracle_gap(worth[one], worth[RANDOM], worth[OPTIMAL], user).value for one in POLICIES if one in worth}
    return {one: value for one, value in found.items() if np.isfinite(value)}
