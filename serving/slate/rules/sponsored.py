"""Sponsored items stand apart."""

from __future__ import annotations

from serving.slate.pool import Mask


class Apart:
    """Among any `one_in` neighbouring slots at most one of `members`."""

    name = "sponsored"

    def __init__(self, members: Mask, one_in: int) -> None:
        self._members, self._one_in = members, one_in
        self._since = one_in
        self._others = ~members

    def allowed(self) -> Mask | None:
        return self._others if self._since < self._one_in - 1 else None

    def take(self, index: int) -> None:
        self._since = 0 if self._members[index] else self._since + 1
