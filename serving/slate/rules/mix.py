"""At most so many items of one kind: of a topic, a tag, a source."""

from __future__ import annotations

from serving.slate.pool import Mask


class Most:
    """At most `most` of `members` on the slate."""

    def __init__(self, name: str, members: Mask, most: int) -> None:
        self.name = name
        self._members, self._left = members, most

    def allowed(self) -> Mask | None:
        return ~self._members if self._left <= 0 else None

    def take(self, index: int) -> None:
        self._left -= bool(self._members[index])
