"""A circuit breaker: after failures in a row a dependency is left alone for a while, then tried by one caller.

(Nygard: Release It!, 2007.) The libraries for it hold one lock for the whole of every call, which would let a surface
answer only one request at a time; here the lock is held for the bookkeeping alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed after start. Opens after `failures` failures in a row; `pause` seconds later one caller may try.

    `clock` gives seconds that never go back.
    """

    def __init__(self, failures: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._pause, self._clock = failures, pause, clock
        self._failures = 0
        self._retry_at: float | None = None
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether callers are turned away, but for the one who tries."""
        return self._retry_at is not None

    def admits(self) -> bool:
        """Whether the caller may go ahead; whoever does tells the outcome by `succeeded` or `failed`."""
        with self._lock:
            if self._retry_at is None:
                return True
            now = self._clock()
            if now < self._retry_at:
                return False
            self._retry_at = now + self._pause
            return True

    def succeeded(self) -> None:
        """The dependency answered in time."""
        with self._lock:
            self._failures, self._retry_at = 0, None

    def failed(self) -> None:
        """It did not."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._retry_at = self._clock() + self._pause
