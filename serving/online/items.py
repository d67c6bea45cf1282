"""Posted items in the store, numbered in the order of their posting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from serving.online.store import Store
from serving.release.posted import PostedItem

KEEP_S = timedelta(days=7).total_seconds()
"""How long a posting is kept: nights take an item in long before, and requests of a week can be replayed."""
GAP_US = 5_000_000
"""How long a number may be missing (its posting is being written by another server) before it counts as lost."""
_LAST = "last"


class PostedItems:
    """The postings of one `surface`."""

    def __init__(self, store: Store, surface: str) -> None:
        self._store = store
        self._items, self._numbers = f"posted/{surface}", f"posted-numbers/{surface}"

    def add(self, items: Sequence[PostedItem]) -> list[PostedItem]:
        """Keep `items` and return them with their numbers. Raises StoreError if the store does not answer."""
        given = self._store.update(
            self._numbers, _LAST, lambda stored: str(int(stored or b"0") + len(items)).encode(), 100 * KEEP_S
        )
        first = int(given or b"0") - len(items) + 1
        numbered = [replace(item, number=first + place) for place, item in enumerate(items)]
        self._store.put(self._items, {str(item.number): item.encode() for item in numbered}, KEEP_S)
        return numbered

    def last(self) -> int:
        """The last number given out, 0 if none. Raises StoreError if the store does not answer."""
        (stored,) = self._store.read(self._numbers, [_LAST])
        return int(stored or b"0")

    def listed(self, upto: int, now: int) -> list[PostedItem]:
        """Postings up to number `upto`, in order, as far as none before them can still turn up at `now` (UTC
        microseconds). Raises StoreError if the store does not answer."""
        found = sorted((PostedItem.decode(value) for value in self._store.entries(self._items).values()), key=_number)
        whole: list[PostedItem] = []
        for item in found:
            gap = bool(whole) and item.number != whole[-1].number + 1
            if item.number > upto or (gap and now - item.posted < GAP_US):
                break
            whole.append(item)
        return whole


def _number(item: PostedItem) -> int:
    return item.number
