"""In which order a slot gives way rather than stay empty."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from serving.slate.pool import RANKED, RESERVE, SEEN
from surfaces.slate import Slate


@dataclass(frozen=True)
class Level:
    """One step of giving way: the last tier that may be drawn from, and the rules that no longer hold."""

    tier: int
    relaxed: tuple[str, ...] = ()


def levels(slate: Slate) -> tuple[Level, ...]:
    """Nothing gives way; then the reserve is drawn from; then one rule after another gives way, as the surface says.

    A slot uses the first level that has an eligible item.
    """
    return _levels(tuple(name for name in slate.relax if name in in_force(slate)))


def in_force(slate: Slate) -> frozenset[str]:
    """The rules of `slate` that can exclude anything."""
    bounds = {
        "supply": bool(slate.supply),
        "sources": bool(slate.sources),
        "mix": bool(slate.mix),
        "fresh": slate.fresh is not None,
        "new_creators": slate.new_creators is not None,
        "creator_gap": slate.creator_gap > 0,
        "max_per_topic": slate.max_per_topic is not None,
        "max_per_creator": slate.max_per_creator is not None,
        "sponsored": slate.sponsored is not None,
    }
    return frozenset([name for name, given in bounds.items() if given] + ["seen"])


@functools.lru_cache(maxsize=256)
def _levels(relax: tuple[str, ...]) -> tuple[Level, ...]:
    found = [Level(RANKED), Level(RESERVE)]
    for count in range(1, len(relax) + 1):
        relaxed = relax[:count]
        found.append(Level(SEEN if "seen" in relaxed else RESERVE, relaxed))
    return tuple(found)
