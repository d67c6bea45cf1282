"""The slate, drawn slot by slot from the set of items that break no rule given the items above.

The policy is epsilon-greedy over that set: with probability 1 - epsilon its best item, else a uniform one of it. So
P(item | slot, items above) = epsilon / |set| + (1 - epsilon) * [item is the best], exactly, and caps hold by
construction: nothing is filtered after it was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serving.dice import chance
from surfaces.surface import Slate

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

RANKED, RESERVE, SEEN = 0, 1, 2
"""Tiers of a pool: ranked candidates, other unseen items, and items the user has seen."""


@dataclass(frozen=True)
class Level:
    """One step of giving way: the last tier that may be drawn from, and the rules that no longer hold."""

    tier: int
    relaxed: tuple[str, ...] = ()


STRICT = (Level(RANKED),)
BACKFILL = (
    *STRICT,
    Level(RESERVE),
    Level(RESERVE, ("max_per_topic",)),
    Level(RESERVE, ("max_per_topic", "max_per_creator")),
    Level(SEEN, ("max_per_topic", "max_per_creator", "seen")),
)
"""The order in which a slot gives way rather than stay empty; the first level with an eligible item is used."""


@dataclass(frozen=True)
class Pool:
    """What a slate may be drawn from: (n,) arrays, best first, tiers ascending.

    `creators`, `topics`: codes, -1 where unknown (an unknown creator or topic is capped by no rule).
    """

    items: Codes
    creators: Codes
    topics: Codes
    tiers: Codes


@dataclass(frozen=True)
class Draw:
    """One slot: `index` into the pool, its exact `propensity`, and the `eligible` items it was drawn from."""

    index: int
    propensity: float
    eligible: int
    explored: bool
    relaxed: tuple[str, ...]


class Eligible:
    """The items of `pool` that break no rule of `slate` given those taken so far."""

    def __init__(self, pool: Pool, slate: Slate) -> None:
        self._pool = pool
        self._free: Mask = np.ones(len(pool.items), dtype=np.bool_)
        self._caps: dict[str, tuple[Codes, int]] = {}
        if slate.max_per_creator is not None:
            self._caps["max_per_creator"] = (pool.creators, slate.max_per_creator)
        if slate.max_per_topic is not None:
            self._caps["max_per_topic"] = (pool.topics, slate.max_per_topic)
        self._within = {rule: np.ones(len(pool.items), dtype=np.bool_) for rule in self._caps}
        self._taken: dict[str, dict[int, int]] = {rule: {} for rule in self._caps}

    def at(self, level: Level) -> Mask:
        """(n,) whether each item may stand at the next slot."""
        mask = self._free & (self._pool.tiers <= level.tier)
        for rule, within in self._within.items():
            if rule not in level.relaxed:
                mask &= within
        return mask

    def take(self, index: int) -> None:
        """Put the item at `index` on the slate."""
        self._free[index] = False
        for rule, (codes, cap) in self._caps.items():
            code = int(codes[index])
            taken = self._taken[rule]
            taken[code] = taken.get(code, 0) + 1
            if code >= 0 and taken[code] >= cap:
                self._within[rule] &= codes != code

    def broken(self, index: int, level: Level) -> tuple[str, ...]:
        """The relaxed rules of `level` that the item at `index` really needed."""
        capped = [rule for rule in level.relaxed if rule in self._within and not self._within[rule][index]]
        return (*capped, "seen") if self._pool.tiers[index] == SEEN else tuple(capped)


def draw(pool: Pool, slate: Slate, size: int, request_id: str, levels: tuple[Level, ...]) -> list[Draw]:
    """At most `size` slots from `pool`; fewer only when no level has an eligible item left."""
    eligible = Eligible(pool, slate)
    drawn: list[Draw] = []
    while len(drawn) < size:
        slot = _slot(eligible, levels, slate.epsilon, chance(request_id, f"slot {len(drawn)}"))
        if slot is None:
            break
        drawn.append(slot)
        eligible.take(slot.index)
    return drawn


def propensity(best: bool, eligible: int, epsilon: float) -> float:
    """P(item | slot, items above) under epsilon-greedy over `eligible` items."""
    return epsilon / eligible + (1.0 - epsilon) * best


def _slot(eligible: Eligible, levels: tuple[Level, ...], epsilon: float, luck: float) -> Draw | None:
    for level in levels:
        choices = np.flatnonzero(eligible.at(level))
        if len(choices):
            explored = luck < epsilon
            pick = int(luck / epsilon * len(choices)) if explored else 0
            index = int(choices[min(pick, len(choices) - 1)])
            probability = propensity(pick == 0, len(choices), epsilon)
            return Draw(index, probability, len(choices), explored, eligible.broken(index, level))
    return None
