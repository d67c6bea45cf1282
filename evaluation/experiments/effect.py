"""What a treatment changed: Welch's t-test of means, the delta method for ratios, both with CUPED, by tea-tasting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from tea_tasting.metrics import RatioOfMeans

from evaluation.experiments.metric import Metric
from evaluation.experiments.moments import BEFORE, arm_moments, filled
from evaluation.experiments.units import Units
from schemas.errors import UserError


@dataclass(frozen=True)
class Effect:
    """Treatment minus control of one metric.

    `means`: (control, treatment), adjusted where CUPED was used. `low`, `high`: the interval of the `difference` at
    `level`. `relative` and its bounds are shares of the control's mean; None where a mean is not above 0. `error`:
    standard error of the difference. `p`: two-sided.
    """

    metric: str
    control: str
    treatment: str
    units: tuple[int, int]
    means: tuple[float, float]
    difference: float
    low: float
    high: float
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    error: float
    p: float
    level: float
    method: str

    @property
    def better(self) -> float:
        """One-sided p of the hypothesis that the treatment is not above the control."""
        return self.p / 2 if self.difference > 0 else 1 - self.p / 2


def effect(
    units: Units, metric: Metric, control: str, treatment: str, *, level: float = 0.95, cuped: bool = True
) -> Effect:
    """The effect of `treatment` on `metric`, with CUPED where `cuped` and what units did before is known.

    Means by Welch's t-test; ratios of sums by the delta method (Deng, Knoblich, Lu, KDD 2018); CUPED after Deng et
    al., WSDM 2013, its coefficient pooled over both arms. Raises UserError where there is nothing to compare.
    """
    covariates = usable_covariates(units, metric) if cuped else ()
    arms = [arm_moments(units, metric, arm, covariates) for arm in (control, treatment)]
    if not all(_positive(arm, metric) for arm in arms):
        raise UserError(f"{metric.name}: {metric.denominator!r} sums to 0 in an arm of {control!r} and {treatment!r}")
    if all(arm.ratio_var(metric.numerator, metric.denominator) <= 0 for arm in arms):
        raise UserError(f"{metric.name} is the same for every unit of {control!r} and {treatment!r}: nothing to test")
    found: Any = compared(metric, covariates, level).analyze_aggregates(*arms)
    return Effect(
        metric=metric.name,
        control=control,
        treatment=treatment,
        units=(int(arms[0].count()), int(arms[1].count())),
        means=(float(found.control), float(found.treatment)),
        difference=float(found.effect_size),
        low=float(found.effect_size_ci_lower),
        high=float(found.effect_size_ci_upper),
        error=_error(found, level),
        p=float(found.pvalue),
        level=level,
        method=("Welch" if metric.denominator is None else "delta method") + (", CUPED" if covariates else ""),
        **_relative(found),
    )


def compared(metric: Metric, covariates: tuple[str, ...], level: float, **settings: Any) -> RatioOfMeans:
    """tea-tasting's analysis of `metric`; `settings` are its own."""
    named = [BEFORE + name for name in covariates]
    return RatioOfMeans(
        metric.numerator,
        metric.denominator,
        named[0] if named else None,
        named[1] if len(named) > 1 else None,
        alternative="two-sided",
        confidence_level=level,
        equal_var=settings.pop("equal_var", False),
        use_t=settings.pop("use_t", True),
        **settings,
    )


def usable_covariates(units: Units, metric: Metric) -> tuple[str, ...]:
    """The metric's columns before the experiment, if all are known of some units and vary; else none.

    A ratio needs its denominator to have been above 0 in every arm.
    """
    for name in metric.columns:
        before = units.before.get(name)
        if before is None or np.isnan(before).all() or np.ptp(filled(before)) == 0.0:
            return ()
    if metric.denominator is not None:
        below = filled(units.before[metric.denominator])
        if any(below[units.of(arm)].sum() <= 0 for arm, count in units.counts.items() if count):
            return ()
    return metric.columns


def _positive(arm: Any, metric: Metric) -> bool:
    return metric.denominator is None or bool(arm.mean(metric.denominator) > 0)


def _error(found: Any, level: float) -> float:
    if found.statistic and math.isfinite(found.statistic):
        return float(found.effect_size / found.statistic)
    half = (found.effect_size_ci_upper - found.effect_size_ci_lower) / 2
    return float(half / stats.norm.ppf((1 + level) / 2))


def _relative(found: Any) -> dict[str, float | None]:
    names = {
        "relative": "rel_effect_size",
        "relative_low": "rel_effect_size_ci_lower",
        "relative_high": "rel_effect_size_ci_upper",
    }
    sound = found.control > 0 and found.treatment > 0
    return {mine: float(getattr(found, theirs)) if sound else None for mine, theirs in names.items()}
