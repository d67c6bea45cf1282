"""Minimums: at least so many items of a kind. The slots they still need are kept free for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from serving.slate.pool import Mask


class Minimums:
    """What every minimum is still owed, and who may be taken without promising more slots than are left.

    An item is allowed if what all minimums are owed after it fits into the slots after it; an item that belongs to
    several counts for each. So the sum of what is owed never exceeds the slots left. Where a minimum gives way, it is
    owed one less: the first in the order of `relax` that is owed anything.
    """

    def __init__(self, owed: Mapping[str, int], members: Mapping[str, Mask], relax: Sequence[str]) -> None:
        rank = {name: place for place, name in enumerate(relax)}
        kinds = sorted(owed, key=lambda kind: rank[family(kind)])
        self._families = [family(kind) for kind in kinds]
        self._owed = [owed[kind] for kind in kinds]
        self._members = [members[kind] for kind in kinds]

    def allowed(self, left: int, relaxed: Collection[str]) -> Mask | None:
        """(n,) who may stand at the next of `left` slots though minimums of the families `relaxed` do not count."""
        open_ = [g for g, owed in enumerate(self._owed) if owed and self._families[g] not in relaxed]
        spare = left - sum(self._owed[g] for g in open_)
        if spare > 0 or not open_:
            return None
        if spare == 0 and len(open_) == 1:
            return self._members[open_[0]]
        gain = np.sum([self._members[g] for g in open_], axis=0)
        return np.asarray(gain >= 1 - spare)

    def take(self, index: int, after: int) -> list[str]:
        """The item at `index` is taken and `after` slots follow; answers the families that had to give way for it."""
        for g, members in enumerate(self._members):
            if self._owed[g] and members[index]:
                self._owed[g] -= 1
        given: list[str] = []
        while sum(self._owed) > after:
            g = next(g for g, owed in enumerate(self._owed) if owed)
            self._owed[g] -= 1
            given.append(self._families[g])
        return given

    def gives_way(self, index: int, after: int) -> list[str]:
        """What `take` would answer, with nothing taken."""
        owed = list(self._owed)
        given = self.take(index, after)
        self._owed = owed
        return given


def family(kind: str) -> str:
    """The name by which a minimum gives way: `mix` for `mix topic:music`."""
    return kind.partition(" ")[0]
