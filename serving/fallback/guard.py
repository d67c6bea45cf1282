"""What stands between a request and the parts that may fail or be slow: deadlines, breakers, last good slates."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from datetime import timedelta
from typing import Protocol, TypeVar

from serving.fallback.breaker import Breaker
from serving.fallback.last_good import LastGood
from surfaces.fallback import Fallback

Output = TypeVar("Output")
Name = TypeVar("Name", bound=str)
WORKERS = 16
"""Threads that calls with a deadline run on; one that is too late keeps its thread until it ends."""
_log = logging.getLogger(__name__)


class Guard(Protocol):
    """Runs what may fail."""

    def each(
        self, kind: str, calls: Mapping[Name, Callable[[], Output]], deadline: timedelta | None
    ) -> dict[Name, Output]:
        """The answers of `calls`, without those that failed, came too late or were left alone."""
        ...

    def last_good(self, user_id: str | None) -> tuple[str, ...]:
        """The items of the last good slate of the user that may still be shown again; none if there is none."""
        ...

    def answered(self, user_id: str | None, items: tuple[str, ...], fallbacks: tuple[str, ...]) -> None:
        """A slate was composed; `fallbacks` were taken for it."""
        ...


class Unguarded:
    """Everything may take its time, and what fails fails: offline, and in a replay, which states its fallbacks."""

    def each(
        self,
        kind: str,  # noqa: ARG002
        calls: Mapping[Name, Callable[[], Output]],
        deadline: timedelta | None,  # noqa: ARG002
    ) -> dict[Name, Output]:
        return {name: call() for name, call in calls.items()}

    def last_good(self, user_id: str | None) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def answered(self, user_id: str | None, items: tuple[str, ...], fallbacks: tuple[str, ...]) -> None:
        """Nothing is remembered."""


UNGUARDED = Unguarded()


class LiveGuard:
    """The guard of one surface on a server. `taken` counts fallbacks by name; `clock` is monotonic seconds.

    `patient`: nothing comes too late. Where a day is simulated, how busy the machine is must not say what it was.
    """

    def __init__(
        self, fallback: Fallback, clock: Callable[[], float] = time.monotonic, *, patient: bool = False
    ) -> None:
        self.taken: Counter[str] = Counter()
        self._fallback, self._clock, self._patient = fallback, clock, patient
        self._breakers: dict[str, Breaker] = {}
        self._last_good = LastGood(fallback.keep.total_seconds(), clock)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="stage")
        self._lock = threading.Lock()

    @property
    def open_breakers(self) -> list[str]:
        """What is left alone at the moment, such as `source:als`."""
        return sorted(name for name, breaker in list(self._breakers.items()) if breaker.is_open)

    def each(
        self, kind: str, calls: Mapping[Name, Callable[[], Output]], deadline: timedelta | None
    ) -> dict[Name, Output]:
        """As the protocol says; `calls` run beside one another, and all have until `deadline` from now."""
        admitted = {name: self._breaker(f"{kind}:{name}") for name in calls}
        admitted = {name: breaker for name, breaker in admitted.items() if breaker.admits()}
        until = None if deadline is None or self._patient else time.monotonic() + deadline.total_seconds()
        futures = {name: self._workers.submit(calls[name]) for name in admitted}
        found: dict[Name, Output] = {}
        for name, future in futures.items():
            try:
                found[name] = _result(future, until)
                admitted[name].succeeded()
            except Exception as error:
                admitted[name].failed()
                words = "came too late" if isinstance(error, TooLate) else f"{type(error).__name__}: {error}"
                _log.warning("%s %s did not answer: %s", kind, name, words)
        return found

    def last_good(self, user_id: str | None) -> tuple[str, ...]:
        return self._last_good.get(user_id)

    def answered(self, user_id: str | None, items: tuple[str, ...], fallbacks: tuple[str, ...]) -> None:
        """Counts `fallbacks`; a slate without any is remembered as good."""
        if not fallbacks:
            self._last_good.put(user_id, items)
            return
        with self._lock:
            self.taken.update(fallbacks)

    def forget(self, user_id: str) -> None:
        """Keep nothing of the user."""
        self._last_good.forget(user_id)

    def close(self) -> None:
        """Take no more calls; those under way are not waited for."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _breaker(self, name: str) -> Breaker:
        with self._lock:
            if name not in self._breakers:
                pause = self._fallback.pause.total_seconds()
                self._breakers[name] = Breaker(self._fallback.failures, pause, self._clock)
            return self._breakers[name]


def _result(future: Future[Output], until: float | None) -> Output:
    if until is None:
        return future.result()
    try:
        return future.result(max(until - time.monotonic(), 0.0))
    except TooLate:
        future.cancel()
        raise
