"""A store that is left alone for a moment after it failed: a dead one costs a request nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from serving.online.store import Change, Store, StoreError

REST_S = 1.0
"""Seconds after a failure in which nothing is asked."""

Given = TypeVar("Given")


class GuardedStore:
    """`store` behind a circuit breaker (Nygard, "Release It!"): open for `rest` seconds after a failure, then one
    caller tries again while the others are still refused. `failures` counts calls that failed, `refused` those that
    were not made. `clock` gives seconds that never go back."""

    def __init__(self, store: Store, rest: float = REST_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_from = 0.0
        self._words = ""
        self.failures = 0
        self.refused = 0

    @property
    def problem(self) -> str | None:
        """Why the store is left alone, or None while it answers."""
        return self._words or None

    def read(self, owner: str, names: Sequence[str]) -> list[bytes | None]:
        return self._guard(lambda: self._store.read(owner, names))

    def put(self, owner: str, values: Mapping[str, bytes], ttl: float) -> None:
        self._guard(lambda: self._store.put(owner, values, ttl))

    def update(self, owner: str, name: str, change: Change, ttl: float) -> bytes | None:
        return self._guard(lambda: self._store.update(owner, name, change, ttl))

    def entries(self, owner: str) -> dict[str, bytes]:
        return self._guard(lambda: self._store.entries(owner))

    def forget(self, owner: str, names: Sequence[str] | None = None) -> int:
        return self._guard(lambda: self._store.forget(owner, names))

    def sweep(self) -> int:
        return self._guard(self._store.sweep)

    def close(self) -> None:
        self._store.close()

    def _guard(self, call: Callable[[], Given]) -> Given:
        self._admit()
        try:
            given = call()
        except StoreError as error:
            with self._lock:
                self.failures += 1
                self._words, self._closed_from = error.headline, self._clock() + self._rest
            raise
        if self._words:
            with self._lock:
                self._words = ""
        return given

    def _admit(self) -> None:
        if not self._words:
            return
        with self._lock:
            if self._words and self._clock() < self._closed_from:
                self.refused += 1
                raise StoreError(self._words)
            self._closed_from = self._clock() + self._rest
