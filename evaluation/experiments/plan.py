"""Before an experiment: how many units an effect needs to be seen, and how many days bring them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from evaluation.experiments.effect import compared, usable_covariates
from evaluation.experiments.metric import Metric
from evaluation.experiments.moments import BEFORE, filled, moments
from evaluation.experiments.sequential import critical
from evaluation.experiments.units import Codes, Units
from schemas.errors import UserError

WEEK = 7


@dataclass(frozen=True)
class Plan:
    """`units` in both arms together to see a change of `relative` with `power` at two-sided `alpha`, looking once;
    `sequential`: looking daily. `days`: whole weeks that bring `units`, None if they never come at this rate."""

    metric: str
    relative: float
    power: float
    alpha: float
    units: int
    sequential: int
    days: int | None = None


def plan(
    units: Units,
    metric: Metric,
    relative: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    ratio: float = 1.0,
    cuped: bool = True,
    entered: Codes | None = None,
) -> Plan:
    """What a change of `metric` by the share `relative` of its mean needs; mean and variance are those of `units`.

    `ratio`: treated units a control one. `entered`: (n,) days on which units were first seen, for the days. Raises
    UserError for a metric that has no mean or does not vary.
    """
    needed = _solved(units, metric, "n_obs", cuped, rel_effect_size=relative, power=power, alpha=alpha, ratio=ratio)
    total = int(needed.n_obs)
    days = None if entered is None else weeks_for(entered, total)
    return Plan(metric.name, relative, power, alpha, total, math.ceil(total * inflation(power, alpha)), days)


def detectable(
    units: Units,
    metric: Metric,
    n: int,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    ratio: float = 1.0,
    cuped: bool = True,
) -> float:
    """The least change, as a share of the mean, that `n` units in both arms together show with `power`."""
    found = _solved(units, metric, "rel_effect_size", cuped, n_obs=n, power=power, alpha=alpha, ratio=ratio)
    return float(found.rel_effect_size)


def inflation(power: float, alpha: float) -> float:
    """How many times the units of a single look the last of daily looks needs, were it the only one to count.

    Stopping earlier is what pays for it. The boundary is taken where it is lowest.
    """
    doubled = -2 * math.log(alpha)
    boundary = critical(doubled + math.log(doubled) + 1, alpha)
    beta = float(stats.norm.ppf(power))
    return float(((boundary + beta) / (stats.norm.isf(alpha / 2) + beta)) ** 2)


def weeks_for(entered: Codes, needed: int) -> int | None:
    """Days, in whole weeks, until `needed` units have come; beyond what was seen at the last week's rate.

    None if no more come. Whole weeks, because weekdays differ.
    """
    arrived = np.cumsum(np.bincount(entered))
    enough = np.flatnonzero(arrived >= needed)
    if len(enough):
        days = int(enough[0]) + 1
    else:
        last = arrived[-WEEK:]
        rate = (last[-1] - last[0]) / max(len(last) - 1, 1)
        if rate <= 0:
            return None
        days = len(arrived) + math.ceil((needed - int(arrived[-1])) / rate)
    return math.ceil(days / WEEK) * WEEK


def _solved(units: Units, metric: Metric, parameter: str, cuped: bool, **settings: float) -> Any:
    if metric.quantile is not None:
        raise UserError(f"{metric.name}: power is planned for means and ratios only")
    covariates = usable_covariates(units, metric) if cuped else ()
    columns = {name: units.sums[name] for name in metric.columns}
    found = moments(columns | {BEFORE + name: filled(units.before[name]) for name in covariates})
    if not found.mean(metric.numerator) or not found.ratio_var(metric.numerator, metric.denominator) > 0:
        raise UserError(f"{metric.name}: its mean is 0 or it does not vary; nothing can be planned from it")
    test = compared(metric, covariates, 0.95, use_t=False, **settings)
    return test.solve_power_from_aggregates(found, parameter)[0]
