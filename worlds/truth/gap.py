"""Values with their uncertainty, and the oracle gap: (V(policy) - V(random)) / (V(optimal) - V(random)).

Values are expectations under the truth, so they carry no luck of the outcomes; what is uncertain is which users came.
Requests of one user are not independent, so users are the units (Cameron and Miller, 2015). Ratios by the delta method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worlds.draws import Codes, Floats


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    standard_error: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.value - 1.96 * self.standard_error, self.value + 1.96 * self.standard_error


def mean(values: Floats, user: Codes) -> Estimate:
    """Mean of `values` (r,) over requests; `user` (r,) says whose each is. NaN where there are none."""
    return ratio(values, np.ones(len(values)), user)


def difference(values: Floats, other: Floats, user: Codes) -> Estimate:
    """Mean of `values` minus `other` (r,), paired request by request."""
    return mean(values - other, user)


def oracle_gap(policy: Floats, random: Floats, optimal: Floats, user: Codes) -> Estimate:
    """Share of the distance between random and optimal that `policy` closes; all (r,) values of the same requests."""
    return ratio(policy - random, optimal - random, user)


def gap_difference(policy: Floats, other: Floats, random: Floats, optimal: Floats, user: Codes) -> Estimate:
    """Share of the oracle gap by which `policy` is ahead of `other`, paired; all (r,) values."""
    return ratio(policy - other, optimal - random, user)


def ratio(above: Floats, below: Floats, user: Codes) -> Estimate:
    """sum(above) / sum(below) over requests, with users as independent units; NaN where `below` sums to 0."""
    total = float(below.sum())
    if total == 0.0:
        return Estimate(float("nan"), float("nan"))
    value = float(above.sum()) / total
    _, unit = np.unique(user, return_inverse=True)
    rest = np.bincount(unit, above - value * below)
    n = len(rest)
    scale = n / (n - 1) if n > 1 else np.nan
    return Estimate(value, float(np.sqrt(scale * np.square(rest).sum()) / abs(total)))
