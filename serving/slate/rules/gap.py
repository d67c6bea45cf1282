"""No creator twice within a few slots."""

from __future__ import annotations

from collections import deque

from serving.slate.pool import Codes, Mask


class CreatorGap:
    """At least `gap` slots lie between two items of one creator; an unknown creator (-1) is no creator."""

    name = "creator_gap"

    def __init__(self, creators: Codes, gap: int) -> None:
        self._creators = creators
        self._recent: deque[int] = deque(maxlen=gap)

    def allowed(self) -> Mask | None:
        mask: Mask | None = None
        for creator in set(self._recent) - {-1}:
            others = self._creators != creator
            mask = others if mask is None else mask & others
        return mask

    def take(self, index: int) -> None:
        self._recent.append(int(self._creators[index]))
