"""Intervals of means and of paired differences, with users as the independent units.

Requests and impressions of one user are not independent, so whole users are drawn again (cluster bootstrap: Cameron,
Gelbach, Miller 2008), by Poisson(1) weights in place of draws with replacement (Hanley, MacGibbon 2006; Chamandy et
al. 2012): one pass, and all figures of one day see the same users, so that their differences are paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
REPLICATES = 1000
LEVEL = 0.95
Z = float(norm.ppf((1 + LEVEL) / 2))
"""Standard errors to either side of a mean within which the truth lies at LEVEL."""


@dataclass(frozen=True)
class Interval:
    """An estimate and the interval that holds the truth in 95 of 100 such samples; NaN where it cannot be told."""

    value: float
    low: float
    high: float

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """Its ends, None where they cannot be told."""
        return (None, None) if np.isnan(self.low) else (self.low, self.high)

    def __str__(self) -> str:
        return f"{self.value:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


@dataclass(frozen=True)
class Bootstrap:
    """Weights of `units` users in `replicates` samples drawn anew, the same for every figure that is asked for."""

    units: int
    seed: int
    replicates: int = REPLICATES

    @cached_property
    def weights(self) -> npt.NDArray[np.float32]:
        """(replicates, units) how often each user is in each sample."""
        rng = np.random.default_rng(self.seed)
        return rng.poisson(1.0, (self.replicates, self.units)).astype(np.float32)

    def mean(self, sums: Doubles, counts: Doubles | Ints) -> Interval:
        """sum(`sums`) / sum(`counts`), both (units,): a mean over rows whose users are the units.

        NaN limits with fewer than two users that have a row.
        """
        total = float(counts.sum())
        value = float(sums.sum()) / total if total else float("nan")
        if int((counts > 0).sum()) < 2:
            return Interval(value, float("nan"), float("nan"))
        below = self.weights @ counts.astype(np.float32)
        drawn = (self.weights @ sums.astype(np.float32))[below > 0] / below[below > 0]
        low, high = percentiles(drawn.astype(np.float64))
        return Interval(value, low, high)

    def means(self, values: Doubles) -> list[Interval]:
        """The mean of each column of `values` (units, figures), one value a user, NaN where it has none."""
        known = ~np.isnan(values)
        held = np.where(known, values, 0.0).astype(np.float32)
        sums, counts = self.weights @ held, self.weights @ known.astype(np.float32)
        return [
            self._column(values[known[:, nth], nth], sums[:, nth], counts[:, nth]) for nth in range(values.shape[1])
        ]

    @staticmethod
    def _column(known: Doubles, sums: npt.NDArray[np.float32], counts: npt.NDArray[np.float32]) -> Interval:
        value = float(known.mean()) if len(known) else float("nan")
        if len(known) < 2:
            return Interval(value, float("nan"), float("nan"))
        return Interval(value, *percentiles((sums[counts > 0] / counts[counts > 0]).astype(np.float64)))


def around(value: float, again: Doubles) -> Interval:
    """The interval of a figure of all users together, such as coverage, from its values in `again` (replicates,).

    Samples drawn anew repeat users, and so cover less: their spread is that of the figure, their centre is not.
    """
    again = again[~np.isnan(again)]
    if np.isnan(value) or len(again) < 2:
        return Interval(value, float("nan"), float("nan"))
    reach = Z * float(again.std(ddof=1))
    return Interval(value, value - reach, value + reach)


@dataclass(frozen=True)
class Units:
    """(n,) rows as numbers of their users: `row` (n,) in 0..count-1."""

    row: Ints
    count: int

    def sums(self, values: npt.NDArray[Any]) -> Doubles:
        """(count,) sum of (n,) `values` by user."""
        return np.bincount(self.row, np.asarray(values, dtype=np.float64), minlength=self.count).astype(np.float64)

    def take(self, rows: npt.NDArray[np.bool_]) -> Units:
        """The same users, of some rows (n,) only."""
        return Units(self.row[rows], self.count)


def linear(values: npt.NDArray[Any], units: Units) -> Interval:
    """Mean of (n,) `values` with an interval by linearisation (Cameron, Miller 2015), for where resampling is dear."""
    n = len(values)
    if not n:
        return Interval(float("nan"), float("nan"), float("nan"))
    value = float(np.mean(values))
    count = len(np.unique(units.row))
    if count < 2:
        return Interval(value, float("nan"), float("nan"))
    spread = float(np.square(units.sums(np.asarray(values) - value)).sum()) * count / (count - 1)
    reach = Z * spread**0.5 / n
    return Interval(value, value - reach, value + reach)


def units_of(users: npt.NDArray[Any]) -> Units:
    """`users` (n,) ids, one a row; a row without one (None or "") is a unit of its own."""
    ids = np.array(users, dtype=object)
    ids[ids == ""] = None
    codes, names = pd.factorize(ids)
    unknown = codes < 0
    codes = np.where(unknown, len(names) + np.cumsum(unknown) - 1, codes)
    return Units(codes.astype(np.int64), len(names) + int(unknown.sum()))


def percentiles(drawn: Doubles) -> tuple[float, float]:
    """The limits that leave half of 1 - LEVEL of `drawn` outside on either side."""
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def mean(values: npt.NDArray[Any], users: npt.NDArray[Any], seed: int) -> Interval:
    """Mean of (n,) `values`, NaN left out, with `users` (n,) saying whose each is."""
    known = ~np.isnan(values)
    units = units_of(users[known])
    return Bootstrap(units.count, seed).mean(units.sums(values[known]), units.sums(np.ones(int(known.sum()))))


def paired(values: npt.NDArray[Any], other: npt.NDArray[Any], users: npt.NDArray[Any], seed: int) -> Interval:
    """Mean of `values` - `other`, both (n,) and of the same rows, so that what they share cancels out.

    Raises ValueError if the lengths differ: then they are not of the same rows.
    """
    if values.shape != other.shape:
        raise ValueError(f"{values.shape} and {other.shape} values are not of the same rows")
    return mean(values - other, users, seed)
