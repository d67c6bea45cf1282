"""Which items of a pool break no rule, given those taken so far."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from serving.slate.pool import RANKED, RESERVE, SEEN, Mask, Pool
from serving.slate.relaxation import Level
from serving.slate.rules.barred import Barred
from serving.slate.rules.caps import Cap
from serving.slate.rules.gap import CreatorGap
from serving.slate.rules.minimums import Minimums
from serving.slate.rules.mix import Most
from serving.slate.rules.rule import Rule
from serving.slate.rules.sponsored import Apart
from surfaces.rules import Bounds
from surfaces.slate import Slate


class Eligibility:
    """The items of `pool` that may stand at the next of `size` slots by the rules of `slate`."""

    def __init__(self, pool: Pool, slate: Slate, size: int) -> None:
        self._pool = pool
        self._left = size
        self._free: Mask = np.ones(len(pool), dtype=np.bool_)
        self._rules = list(_rules(pool, slate, size))
        self._minimums = Minimums(slate.minimums(size), pool.members, slate.relax)
        last = int(pool.tiers.max(initial=RANKED))
        self._within = {tier: pool.tiers <= tier for tier in (RANKED, RESERVE) if tier < last}

    def at(self, level: Level) -> Mask:
        """(n,) whether each item may stand at the next slot."""
        within = self._within.get(level.tier)
        mask = self._free.copy() if within is None else self._free & within
        for rule in self._rules:
            if rule.name not in level.relaxed:
                allowed = rule.allowed()
                if allowed is not None:
                    mask &= allowed
        needed = self._minimums.allowed(self._left, level.relaxed)
        if needed is not None:
            mask &= needed
        return mask

    def take(self, index: int) -> None:
        """Put the item at `index` on the slate."""
        self._free[index] = False
        self._left -= 1
        for rule in self._rules:
            rule.take(index)
        self._minimums.take(index, self._left)

    def broken(self, index: int, level: Level) -> tuple[str, ...]:
        """The relaxed rules of `level` that the item at `index` really needs, in their order."""
        if not level.relaxed:
            return ()
        names = {rule.name for rule in self._rules if (mask := rule.allowed()) is not None and not mask[index]}
        names.update(self._minimums.gives_way(index, self._left - 1))
        if self._pool.tiers[index] == SEEN:
            names.add("seen")
        return tuple(name for name in level.relaxed if name in names)


def _rules(pool: Pool, slate: Slate, size: int) -> Iterator[Rule]:
    if slate.max_per_creator is not None:
        yield Cap("max_per_creator", pool.creators, slate.max_per_creator)
    if slate.max_per_topic is not None:
        yield Cap("max_per_topic", pool.topics, slate.max_per_topic)
    if slate.creator_gap:
        yield CreatorGap(pool.creators, slate.creator_gap)
    if slate.sponsored is not None:
        yield Apart(pool.members["sponsored"], slate.sponsored.one_in)
    bounded: list[tuple[str, str, Bounds]] = [("mix", f"mix {mix.label}", mix) for mix in slate.mix]
    bounded += [("sources", f"sources {source}", bounds) for source, bounds in slate.sources.items()]
    for name, kind, bounds in bounded:
        most = bounds.most_of(size)
        if most is not None and most < size:
            yield Most(name, pool.members[kind], most)
    for name, members in pool.barred.items():
        yield Barred(name, members)
