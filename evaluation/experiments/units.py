"""What an experiment compares: units (users, mostly) with their arm, what they did, and what they did before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

DAYS = "days"
"""Column of `Units` made by a `Panel`: days from the unit's first in the experiment to the last one looked at."""
UNITS = "units"
"""Column of `Units` made of clusters: units in the cluster."""


@dataclass(frozen=True)
class Units:
    """n units, one row each.

    `arms`: names. `arm`: (n,) codes into `arms`. `sums`: column to (n,) finite float64, what each unit did in the
    experiment. `before`: column to (n,) what it did before, NaN where that is not known. `cluster`: (n,) codes of the
    groups that were assigned together. `triggered`: (n,) whether the change could make a difference to the unit.
    """

    arms: tuple[str, ...]
    arm: Codes
    sums: Mapping[str, Doubles]
    before: Mapping[str, Doubles] = field(default_factory=dict)
    cluster: Codes | None = None
    triggered: Mask | None = None

    def __post_init__(self) -> None:
        for name, column in [*self.sums.items(), *self.before.items()]:
            if column.shape != self.arm.shape:
                raise ValueError(f"{name}: found {column.shape}; allowed is one number a unit, {self.arm.shape}")
        for name, column in self.sums.items():
            if not np.isfinite(column).all():
                raise ValueError(f"{name}: found {int((~np.isfinite(column)).sum())} numbers that are not finite")

    def __len__(self) -> int:
        return len(self.arm)

    @property
    def counts(self) -> dict[str, int]:
        """Units in each arm."""
        return {name: int((self.arm == code).sum()) for code, name in enumerate(self.arms)}

    def of(self, arm: str) -> Mask:
        """(n,) who is in `arm`."""
        return np.asarray(self.arm == self.arms.index(arm))

    def where(self, keep: Mask) -> Units:
        """Those units for which (n,) `keep` holds."""
        return replace(
            self,
            arm=self.arm[keep],
            sums={name: column[keep] for name, column in self.sums.items()},
            before={name: column[keep] for name, column in self.before.items()},
            cluster=_taken(self.cluster, keep),
            triggered=_taken(self.triggered, keep),
        )

    def scaled(self, arm: str, factor: float, column: str) -> Units:
        """The same with `column` of `arm` times `factor`, before the experiment too: with the control's mean at 98 %,
        a comparison of means asks whether the treatment loses at most 2 %."""
        scale = np.where(self.of(arm), factor, 1.0)
        before = {**self.before, column: self.before[column] * scale} if column in self.before else self.before
        return replace(self, sums={**self.sums, column: self.sums[column] * scale}, before=before)


@dataclass(frozen=True)
class Panel:
    """What n units did on each day: r rows, one per unit and day on which it did anything.

    `unit`: (r,) codes below n. `day`: (r,) days since the experiment's first, from 0. `sums`: column to (r,).
    `entered`: (n,) day on which each unit was first in the experiment. `people`: the n units; their `sums` are empty.
    """

    people: Units
    unit: Codes
    day: Codes
    sums: Mapping[str, Doubles]
    entered: Codes

    @property
    def days(self) -> int:
        """Days from the first to the last that has a row, both included; 0 where there is none."""
        return int(self.day.max(initial=-1)) + 1

    def window(self, first: int, last: int) -> Units:
        """What units that had entered by day `last` did from day `first` to day `last`, both included."""
        keep = (self.day >= first) & (self.day <= last)
        n = len(self.people)
        sums = {name: added(self.unit[keep], column[keep], n) for name, column in self.sums.items()}
        return self._units(sums, first, last)

    def totals(self) -> Units:
        """What every unit did in all."""
        return self.window(0, max(self.days - 1, 0))

    def looks(self) -> Iterator[tuple[int, Units]]:
        """(day, all that was done by its end), day by day: what someone sees who looks every day."""
        n, so_far = len(self.people), {name: np.zeros(len(self.people)) for name in self.sums}
        for day in range(self.days):
            today = self.day == day
            for name, column in self.sums.items():
                so_far[name] = so_far[name] + added(self.unit[today], column[today], n)
            yield day, self._units(so_far, 0, day)

    def where(self, keep: Mask) -> Panel:
        """Those units for which (n,) `keep` holds, numbered anew."""
        number = np.cumsum(keep) - 1
        rows = keep[self.unit]
        sums = {name: column[rows] for name, column in self.sums.items()}
        people = self.people.where(keep)
        return Panel(people, number[self.unit[rows]], self.day[rows], sums, self.entered[keep])

    def scaled(self, arm: str, factor: float, column: str) -> Panel:
        """As `Units.scaled`, on every day."""
        scale = np.where(self.people.of(arm), factor, 1.0)
        before = self.people.before
        if column in before:
            before = {**before, column: before[column] * scale}
        sums = {**self.sums, column: self.sums[column] * scale[self.unit]}
        return replace(self, people=replace(self.people, before=before), sums=sums)

    def _units(self, sums: Mapping[str, Doubles], first: int, last: int) -> Units:
        here = self.entered <= last
        lived = last + 1 - np.maximum(self.entered, first)
        return replace(self.people, sums={**sums, DAYS: np.maximum(lived, 0).astype(np.float64)}).where(here)


def added(unit: Codes, values: Doubles, n: int) -> Doubles:
    """(n,) sums of (r,) `values` by (r,) `unit`."""
    return np.bincount(unit, values, n).astype(np.float64, copy=False)


def _taken(column: npt.NDArray[Any] | None, keep: Mask) -> Any:
    return None if column is None else column[keep]
