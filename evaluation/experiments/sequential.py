"""Effects that may be looked at every day: asymptotic confidence sequences.

With probability `level` the interval covers the truth on all days at once, so whoever looks daily and stops when they
like is wrong no more often than who looks once. The boundary is Robbins' normal mixture in information time
(Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences", Ann. Stat. 2024,
theorem 2.2; the same boundary as the mSPRT of Johari et al., KDD 2017). An effect and its standard error on one day
count as a Brownian motion with drift, seen at information 1 / error ** 2: true of means a unit and day, whatever units
keep from day to day, for a unit's lasting level makes information grow slower but increments stay independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scipy import stats

from evaluation.experiments.effect import compared, usable_covariates
from evaluation.experiments.metric import Metric
from evaluation.experiments.moments import arm_moments
from evaluation.experiments.units import DAYS, Panel, Units

LEAST_UNITS = 100
"""Units an arm needs before the first look: a mean of fewer need not be near normal."""
HORIZON = 14
"""Days for which intervals are narrowest unless said otherwise; they hold on every other day too."""


@dataclass(frozen=True)
class Look:
    """What is known at the end of `day` (from 0): treatment minus control, a unit and day, and the interval that holds
    on all days at once. `relative`: as shares of the control's mean, None where that is not above 0. `p`: always
    valid."""

    day: int
    units: tuple[int, int]
    means: tuple[float, float]
    difference: float
    low: float
    high: float
    p: float
    error: float

    @property
    def relative(self) -> tuple[float, float, float] | None:
        """(low, value, high) as shares of the control's mean."""
        base = self.means[0]
        return (self.low / base, self.difference / base, self.high / base) if base > 0 else None


def confidence_sequence(
    panel: Panel,
    metric: Metric,
    control: str,
    treatment: str,
    *,
    level: float = 0.95,
    horizon: int = HORIZON,
    least: int = LEAST_UNITS,
    cuped: bool = True,
) -> list[Look]:
    """One look a day from the first on which both arms have `least` units and the metric varies.

    A metric without a denominator is measured a unit and day in the experiment. `horizon` must be settled before the
    first look.
    """
    daily = metric if metric.denominator is not None else Metric(metric.numerator, DAYS)
    looks: list[Look] = []
    mixture, p = 0.0, 1.0
    for day, units in panel.looks():
        counts = units.counts[control], units.counts[treatment]
        found = None if min(counts) < least else _estimate(units, daily, control, treatment, cuped)
        if found is None:
            continue
        information = found.error**-2
        mixture = mixture or information * horizon / (day + 1) / _at_best(1 - level)
        p = min(p, always_valid_p(found.difference / found.error, information / mixture))
        half = found.error * critical(information / mixture, 1 - level)
        interval = found.difference - half, found.difference + half
        looks.append(Look(day, counts, found.means, found.difference, *interval, p, found.error))
    return looks


def critical(information: float, alpha: float) -> float:
    """How many standard errors the interval reaches to either side, at `information` in units of the mixture's."""
    return math.sqrt((1 + 1 / information) * math.log((1 + information) / alpha**2))


def always_valid_p(z: float, information: float) -> float:
    """The least alpha whose interval leaves 0 out on this day: min over days is a p value at any stopping time."""
    return min(1.0, math.sqrt(1 + information) * math.exp(-(z**2) / 2 / (1 + 1 / information)))


def _at_best(alpha: float) -> float:
    """Information, in units of the mixture's, at which the boundary is lowest (Waudby-Smith et al., appendix B.2)."""
    doubled = -2 * math.log(alpha)
    return doubled + math.log(doubled) + 1


@dataclass(frozen=True)
class _Estimate:
    means: tuple[float, float]
    difference: float
    error: float


def _estimate(units: Units, metric: Metric, control: str, treatment: str, cuped: bool) -> _Estimate | None:
    """What a day's totals say; None where the metric does not vary yet."""
    covariates = _covariates(units, metric) if cuped else ()
    arms = [arm_moments(units, metric, arm, covariates) for arm in (control, treatment)]
    if any(not arm.mean(metric.denominator) > 0 or not arm.var(metric.numerator) > 0 for arm in arms):
        return None
    found: Any = compared(metric, covariates, 0.95, use_t=False).analyze_aggregates(*arms)
    half = (found.effect_size_ci_upper - found.effect_size_ci_lower) / 2
    means = float(found.control), float(found.treatment)
    return _Estimate(means, float(found.effect_size), float(half / stats.norm.ppf(0.975)))


def _covariates(units: Units, metric: Metric) -> tuple[str, ...]:
    """A metric a unit and day is adjusted by what units did before, whose days are the same for all."""
    return usable_covariates(units, Metric(metric.numerator) if metric.denominator == DAYS else metric)
