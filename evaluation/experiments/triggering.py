"""Triggered analysis: only units for which the change could make a difference, and what that means for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.experiments.assignment import Assignment, check_assignment
from evaluation.experiments.effect import Effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.units import Units
from schemas.errors import UserError


@dataclass(frozen=True)
class Diluted:
    """A triggered effect spread over all units: difference and interval a unit, and as shares of the control's mean."""

    share: float
    difference: float
    low: float
    high: float
    relative: float | None


def triggered(units: Units, shares: Mapping[str, float] | None = None) -> tuple[Units, Assignment]:
    """Units that were triggered, and whether as many were in every arm as should be.

    A trigger that depends on the arm compares different people; then the assignment is not sound. Raises UserError
    where nothing says who was triggered.
    """
    if units.triggered is None:
        raise UserError("nothing says which units were triggered", fix="name the column that does")
    some = units.where(units.triggered)
    return some, check_assignment(some.counts, shares)


def diluted(units: Units, metric: Metric, of_triggered: Effect) -> Diluted:
    """What the effect on triggered units comes to a unit over all of them (Deng and Hu, KDD 2015): those who are not
    triggered have none, so the interval is narrower than that of all units by the share triggered.

    Raises UserError for a ratio: its effect does not dilute by the share of units.
    """
    if metric.denominator is not None or metric.quantile is not None:
        raise UserError(f"{metric.name}: only a mean a unit can be diluted")
    assert units.triggered is not None
    share = float(units.triggered.mean())
    base = float(units.sums[metric.numerator][units.of(of_triggered.control)].mean())
    difference, low, high = (share * value for value in (of_triggered.difference, of_triggered.low, of_triggered.high))
    return Diluted(share, difference, low, high, difference / base if base > 0 else None)
