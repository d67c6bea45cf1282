"""Intervals that hold at any sample size for independent values in known bounds: no tail can surprise them."""

from __future__ import annotations

import numpy as np

from evaluation.ope.intervals import Interval
from evaluation.ope.terms import Doubles

_BISECTIONS = 50
_MOST_BET = 0.5
"""The largest stake (c in the paper): whatever the mean, no bet loses more than half."""


def empirical_bernstein(values: Doubles, low: float, high: float, level: float = 0.95) -> Interval:
    """Mean of (n,) independent `values` in [`low`, `high`] (Maurer, Pontil: COLT 2009, theorem 4, both sides).

    Raises ValueError for values out of bounds or fewer than two.
    """
    n, value, error = _moments(values, low, high)
    log = np.log(4.0 / (1.0 - level))
    half = float(np.sqrt(2.0 * log) * error + 7.0 * (high - low) * log / (3.0 * (n - 1)))
    return Interval(value, max(low, value - half), min(high, value + half), error, level, "empirical Bernstein")


def betting(values: Doubles, low: float, high: float, level: float = 0.95) -> Interval:
    """Mean of (n,) independent `values` in [`low`, `high`] by hedged betting (Waudby-Smith, Ramdas: JRSS B 2024).

    A mean is ruled out if betting against it, at stakes set by what came before, made a stake of 1 into 2 / alpha.
    The order of the values is that in which the bets are made. Raises ValueError as `empirical_bernstein` does.
    """
    _, value, error = _moments(values, low, high)
    unit = (values - low) / (high - low)
    stakes, goal = _stakes(unit, level), float(np.log(2.0 / (1.0 - level)))
    bounds = low + (high - low) * np.array([_edge(unit, stakes, goal), 1.0 - _edge(1.0 - unit, stakes, goal)])
    return Interval(value, float(bounds[0]), float(bounds[1]), error, level, "betting")


def _moments(values: Doubles, low: float, high: float) -> tuple[int, float, float]:
    if len(values) < 2:
        raise ValueError(f"found {len(values)} values; allowed are 2 or more")
    if values.min() < low or values.max() > high or not high > low:
        raise ValueError(f"found values in [{values.min()}, {values.max()}]; allowed is [{low}, {high}]")
    return len(values), float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _stakes(unit: Doubles, level: float) -> Doubles:
    """(n,) predictable plug-in bets: each from the values before it alone (equation 26 of the paper, fixed n)."""
    n = len(unit)
    seen = np.arange(1, n + 1)
    means = (0.5 + np.cumsum(unit)) / (seen + 1)
    variances = (0.25 + np.cumsum(np.square(unit - means))) / (seen + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    return np.asarray(np.minimum(np.sqrt(2.0 * np.log(2.0 / (1.0 - level)) / (n * before)), _MOST_BET))


def _edge(unit: Doubles, stakes: Doubles, goal: float) -> float:
    """The least mean of `unit` that betting that it is larger does not rule out."""
    left, right = 0.0, float(unit.mean())
    for _ in range(_BISECTIONS):
        mean = (left + right) / 2.0
        # Wealth at its best moment: the bound holds at every time, so at the most favourable one.
        if np.cumsum(np.log1p(stakes * (unit - mean))).max() >= goal:
            left = mean
        else:
            right = mean
    return left
