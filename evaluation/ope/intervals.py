"""Intervals that know that users are the units of chance: from sums by group of users."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from evaluation.ope.clusters import poisson_weights
from evaluation.ope.stream import Sums
from evaluation.ope.terms import Doubles

REPLICATES = 1000
_SQUARED = 4
"""Columns up to which a square is cheaper written out."""


@dataclass(frozen=True)
class Interval:
    """`value` in [`low`, `high`] at confidence `level`; `standard_error` of the value; `method` in words."""

    value: float
    low: float
    high: float
    standard_error: float
    level: float
    method: str


def delta_method(sums: Sums, level: float = 0.95) -> Interval:
    """Symmetric: Student's t on the cluster-robust standard error of the linearised estimate."""
    value, error = sums.value, standard_error(sums)
    half = float(stats.t.ppf(0.5 + level / 2.0, max(sums.occupied - 1, 1))) * error
    return Interval(value, value - half, value + half, error, level, "delta method")


def percentile(sums: Sums, level: float = 0.95, replicates: int = REPLICATES, seed: int = 0) -> Interval:
    """Quantiles of the estimate under Poisson(1) weights of users (Efron 1979; Chamandy et al. 2012)."""
    values = _replicated(sums, poisson_weights(seed, replicates))[0]
    low, high = _quantiles(values, level)
    return Interval(sums.value, low, high, float(np.nanstd(values, ddof=1)), level, "percentile bootstrap")


def studentised(sums: Sums, level: float = 0.95, replicates: int = REPLICATES, seed: int = 0) -> Interval:
    """Bootstrap-t under Poisson(1) weights of users: the interval is as skew as the estimate is.

    Each replicate's own standard error scales its distance from the estimate, so the error in coverage is of second
    order where that of percentiles is of first (Hall 1988; Efron, Tibshirani 1993, chapter 12).
    """
    value, error = sums.value, standard_error(sums)
    if error == 0.0 or not np.isfinite(error):
        return Interval(value, value, value, error, level, "studentised bootstrap")
    values, errors = _replicated(sums, poisson_weights(seed, replicates))
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = (values - value) / errors
    low, high = _quantiles(distances[np.isfinite(distances)], level)
    return Interval(value, value - high * error, value - low * error, error, level, "studentised bootstrap")


def standard_error(sums: Sums) -> float:
    """Cluster-robust standard error of the estimate, linearised about its ratios (Cameron, Miller 2015)."""
    influence = _influence(sums.above, sums.below, sums.above.sum(axis=0), sums.below.sum(axis=0))
    clusters = sums.occupied
    scale = clusters / (clusters - 1) if clusters > 1 else np.nan
    return float(np.sqrt(scale * np.square(influence).sum()))


def _influence(above: Doubles, below: Doubles, total: Doubles, under: Doubles) -> Doubles:
    """(G,) how much each group moves the estimate."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = above @ (1.0 / under) - below @ (total / np.square(under))
    return np.asarray(found)


def _replicated(sums: Sums, counts: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> tuple[Doubles, Doubles]:
    """(B,) values and (B,) standard errors of replicates in which group g counts `counts`[g, b] times."""
    some = np.flatnonzero(sums.rows)
    weights, under = counts[some].astype(np.float64), sums.below[some]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = sums.above.sum(axis=0) / sums.below.sum(axis=0)
        # What is left of each group beside the estimate: small, so that squares of it lose no digits.
        rest = sums.above[some] - ratios * under
        below = under.T @ weights
        shift = (rest.T @ weights) / below
        spread = _spread(np.hstack([rest, under]), np.vstack([1.0 / below, -shift / below]), weights)
    return ratios.sum() + shift.sum(axis=0), np.sqrt(np.maximum(spread, 0.0))


def _spread(columns: Doubles, slopes: Doubles, weights: Doubles) -> Doubles:
    """(B,) sums over groups of `weights` (G, B) times the square of `columns` (G, C) @ `slopes` (C, B)."""
    if columns.shape[1] > _SQUARED:
        influence = columns @ slopes
        return np.asarray(np.einsum("gb,gb,gb->b", weights, influence, influence))
    # The square written out: sums of products of two columns are weighed, and nothing of size (G, B) is made.
    one, other = np.triu_indices(columns.shape[1])
    moments = (columns[:, one] * columns[:, other]).T @ weights
    return np.asarray((np.where(one == other, 1.0, 2.0)[:, None] * slopes[one] * slopes[other] * moments).sum(axis=0))


def _quantiles(values: Doubles, level: float) -> tuple[float, float]:
    """The (B + 1) p-th of B values: another is beyond it with just this probability (Hyndman, Fan 1996, type 6)."""
    low, high = np.nanquantile(values, [0.5 - level / 2.0, 0.5 + level / 2.0], method="weibull")
    return float(low), float(high)
