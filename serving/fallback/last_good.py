"""The last good slate of every user, for as long as it may be shown again."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cachetools import TTLCache

USERS = 100_000
"""Users whose slates are kept; beyond, the slate that was put or got longest ago goes."""


class LastGood:
    """Slates by user for `keep` seconds of `clock`."""

    def __init__(self, keep: float, clock: Callable[[], float]) -> None:
        self._slates: TTLCache[str, tuple[str, ...]] = TTLCache(USERS, keep, clock)
        self._lock = threading.Lock()

    def put(self, user_id: str | None, items: tuple[str, ...]) -> None:
        """Remember `items` as the user's last good slate; nobody in particular has none."""
        if user_id is not None and items:
            with self._lock:
                self._slates[user_id] = items

    def get(self, user_id: str | None) -> tuple[str, ...]:
        """The user's last good slate, or nothing."""
        if user_id is None:
            return ()
        with self._lock:
            return self._slates.get(user_id, ())

    def forget(self, user_id: str) -> None:
        """Keep nothing of the user."""
        with self._lock:
            self._slates.pop(user_id, None)
