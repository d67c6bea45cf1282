"""Forecasts beside what came of them: which held, and whether as many do as were said to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import NamedTuple

from scipy import stats


class Span(NamedTuple):
    """A value and its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Pair:
    """A difference as it was `forecast` and as it was `measured`, each with the interval of its own error."""

    name: str
    forecast: Span
    measured: Span

    @property
    def reach(self) -> tuple[float, float]:
        """Where the measured value is to be expected: the forecast's interval, widened by the measurement's own error.

        The interval of a difference of two estimates, recovered from the interval of each (MOVER: Zou, Donner 2008);
        exact for independent ones, wide for those that lean on the same logs.
        """
        told, found = self.forecast, self.measured
        below = hypot(told.value - told.low, found.high - found.value)
        above = hypot(told.high - told.value, found.value - found.low)
        return told.value - below, told.value + above

    @property
    def held(self) -> bool:
        low, high = self.reach
        return low <= self.measured.value <= high


@dataclass(frozen=True)
class HitRate:
    """`held` of `count` forecasts, with Wilson's interval of the share (1927) at 95 %."""

    held: int
    count: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """None without a pair."""
        return self.held / self.count if self.count else None

    def __str__(self) -> str:
        if not self.count:
            return "no forecast could be compared yet"
        return f"{self.held} of {self.count} forecasts held ({self.low:.0%} .. {self.high:.0%})"


def hit_rate(pairs: Sequence[Pair]) -> HitRate:
    """How many of `pairs` held."""
    held, count = sum(pair.held for pair in pairs), len(pairs)
    if not count:
        return HitRate(0, 0, 0.0, 1.0)
    found = stats.binomtest(held, count).proportion_ci(0.95, method="wilson")
    return HitRate(held, count, float(found.low), float(found.high))
