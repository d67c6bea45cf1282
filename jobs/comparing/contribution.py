"""One place in which two releases differ, and by how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from evaluation.intervals import Bootstrap, Interval
from evaluation.pictures import Row

Kind = Literal["sources", "segments", "position", "heads", "calibration"]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contribution:
    """A `measure` of `name`, `a` and `b` as the releases have it, and the paired difference b - a with its limits (None
    where they cannot be told). `percent` is the difference in percent of what release a has of the measure in all, so
    that places of different kinds can be set in order."""

    kind: Kind
    name: str
    measure: str
    a: float
    b: float
    low: float | None
    high: float | None
    percent: float

    @property
    def difference(self) -> float:
        return self.b - self.a

    @property
    def told(self) -> bool:
        """Whether the interval says that there is a difference."""
        return self.low is not None and self.high is not None and not self.low <= 0.0 <= self.high

    @property
    def row(self) -> Row | None:
        """As it is drawn, in percent; None without an interval."""
        if self.low is None or self.high is None or not self.difference:
            return None
        scale, name = self.percent / self.difference, f"{self.kind}: {self.name}, {self.measure}"
        more = self.difference > 0 if self.told else None
        return Row(name, self.low * scale, self.percent, self.high * scale, more)


def largest_first(found: Iterable[Contribution]) -> list[Contribution]:
    """The differences that can be told by their size, then the others by theirs; what is the same in both is none."""
    return sorted((one for one in found if one.difference), key=lambda one: (not one.told, -abs(one.percent)))


def of_users(
    kind: Kind, name: str, measure: str, *, values: tuple[Doubles, Doubles], drawn: Bootstrap, whole: float
) -> Contribution:
    """The difference of the means of two (m,) values a user, of which release a has `whole` in all."""
    a, b = values
    found = drawn.mean(b - a, np.ones(len(a)))
    return of_interval(kind, name, measure, a=float(a.mean()), found=found, whole=whole)


def of_interval(kind: Kind, name: str, measure: str, *, a: float, found: Interval, whole: float) -> Contribution:
    """A difference that was measured with its interval."""
    low, high = found.limits
    percent = 100 * found.value / whole if whole else 0.0
    return Contribution(kind, name, measure, a, a + found.value, low, high, percent)
