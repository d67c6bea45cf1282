"""Whether an effect is of the new or lasts: the same units' first days in the experiment against their later ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import stats

from evaluation.experiments.effect import Effect, effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.units import Doubles, Panel, Units, added
from schemas.errors import UserError

FIRST_DAYS = 3


@dataclass(frozen=True)
class Novelty:
    """`early`, `late`: effects a unit and day on the first days of units and on those after. `change`: of the logarithm
    of treatment over control, from early to late, of the same units, with its `error`; `p`: of no change."""

    early: Effect
    late: Effect
    change: float
    error: float
    p: float

    @property
    def course(self) -> Literal["fades", "grows", "steady"]:
        """What the effect does as units get used to it, as far as `change` shows at the effects' level."""
        if self.p >= 1 - self.early.level:
            return "steady"
        return "grows" if (self.change > 0) == (self.early.difference + self.late.difference > 0) else "fades"


def novelty(
    panel: Panel, metric: Metric, control: str, treatment: str, *, first_days: int = FIRST_DAYS, level: float = 0.95
) -> Novelty:
    """Compare the first `first_days` days of units with their later ones, for those that have as many later ones.

    Effects are compared as shares, for all do more on their first day: that is what makes it their first. Raises
    UserError where there are too few such units, and for a metric that is no mean a unit or not above 0.
    """
    if metric.denominator is not None or metric.quantile is not None:
        raise UserError(f"{metric.name}: novelty is measured on means a unit only")
    used = panel.where(panel.entered + 2 * first_days <= panel.days)
    if min(used.people.counts[arm] for arm in (control, treatment)) < 2:
        raise UserError(
            f"no units were in the experiment for {2 * first_days} of its {panel.days} days: novelty cannot be told"
        )
    early, late = _early_and_late(used, panel.days, metric.numerator, first_days)
    units = replace(used.people, sums={"early": early, "late": late}, before={})
    first, then = (effect(units, Metric(name), control, treatment, level=level) for name in units.sums)
    change, error = _change(units, control, treatment)
    return Novelty(first, then, change, error, float(2 * stats.norm.sf(abs(change / error))))


def _early_and_late(panel: Panel, days: int, column: str, first_days: int) -> tuple[Doubles, Doubles]:
    """(n,) a day, on the first days of each unit and on all later ones of `days`."""
    age, n = panel.day - panel.entered[panel.unit], len(panel.people)
    values = panel.sums[column]
    early = added(panel.unit, np.where(age < first_days, values, 0.0), n) / first_days
    late = added(panel.unit, np.where(age >= first_days, values, 0.0), n)
    return early, late / (days - panel.entered - first_days)


def _change(units: Units, control: str, treatment: str) -> tuple[float, float]:
    """(value, error) of the change of log(treatment / control), by the delta method."""
    change = variance = 0.0
    for arm, sign in ((control, -1.0), (treatment, 1.0)):
        early, late = (units.sums[name][units.of(arm)] for name in ("early", "late"))
        if not (early.mean() > 0 and late.mean() > 0):
            raise UserError(f"arm {arm!r} did nothing early or late: novelty cannot be told")
        change += sign * float(np.log(late.mean() / early.mean()))
        variance += float((late / late.mean() - early / early.mean()).var(ddof=1)) / len(early)
    return change, float(np.sqrt(variance))
