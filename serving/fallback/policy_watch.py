"""How many of the slots that a release filled lately broke a rule, and whether that is more than its surface allows."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from datetime import timedelta

from serving.ask import Ask
from serving.fallback.broken_rules import broken_rules
from serving.pipeline import Answer
from surfaces.policy import Policy
from surfaces.surface import Surface

SLICES = 20
"""Parts of the window that are forgotten one at a time."""


@dataclass(frozen=True)
class Excess:
    """More slots broke a rule than may: `broken` of the `shown` that release `release_id` filled in the window.

    `ask` was the last that was answered so, `rules` are those that it broke.
    """

    release_id: str
    shown: int
    broken: int
    ask: Ask
    rules: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.broken:,} of {self.shown:,} slots by {self.release_id} broke a rule, "
            f"the last in request {self.ask.request_id}: {', '.join(self.rules)}"
        )


@dataclass
class _Slice:
    number: int
    shown: int = 0
    broken: int = 0


class PolicyWatch:
    """Counts for one surface, whose file's policy, as the server has it now, is what must hold.

    `broken` counts items by rule since the server started, whichever release showed them.
    """

    def __init__(self, surface: Surface) -> None:
        self.policy: Policy = surface.policy
        self.broken: Counter[str] = Counter()
        self._width = max(surface.policy.trip.window // timedelta(microseconds=SLICES), 1)
        self._lock = threading.Lock()
        self.begin(None)

    def begin(self, release_id: str | None) -> None:
        """Forget the window: from now on it is `release_id` that is watched."""
        with self._lock:
            self._release_id = release_id
            self._slices: deque[_Slice] = deque([_Slice(0)], SLICES)
            self._last: tuple[Ask, tuple[str, ...]] | None = None

    def answered(self, answer: Answer) -> None:
        """Take note of an answer; its own time says which window it belongs to."""
        found = broken_rules(answer, self.policy)
        with self._lock:
            self.broken.update(found)
            if answer.release.release_id != self._release_id:
                return
            part = self._slice(answer.ask.microseconds // self._width)
            part.shown += answer.slate.kept
            part.broken += min(found.total(), answer.slate.kept)
            if found:
                self._last = answer.ask, tuple(sorted(found))

    @property
    def share(self) -> float:
        """Share of the slots of the window that broke a rule; 0 before any was filled."""
        shown, broken = self._counts()
        return broken / shown if shown else 0.0

    def excess(self) -> Excess | None:
        """What is too much, if anything is."""
        shown, broken = self._counts()
        trip, last, release_id = self.policy.trip, self._last, self._release_id
        if last is None or release_id is None or shown < trip.least or broken <= trip.most * shown:
            return None
        return Excess(release_id, shown, broken, *last)

    def _slice(self, number: int) -> _Slice:
        """The slice that now is in; older ones than the window holds are let go."""
        if number > self._slices[-1].number:
            self._slices.append(_Slice(number))
        while self._slices[0].number <= self._slices[-1].number - SLICES:
            self._slices.popleft()
        return self._slices[-1]

    def _counts(self) -> tuple[int, int]:
        with self._lock:
            return sum(one.shown for one in self._slices), sum(one.broken for one in self._slices)
