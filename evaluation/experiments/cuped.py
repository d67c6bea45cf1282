"""How much variance CUPED takes away, and how much it should."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.experiments.effect import effect, usable_covariates
from evaluation.experiments.metric import Metric
from evaluation.experiments.moments import filled
from evaluation.experiments.units import Doubles, Units


@dataclass(frozen=True)
class Reduction:
    """`ratio`: variance of the effect with CUPED over that without. `rho`: correlation, within arms, of what units do
    with what they did before; the ratio is 1 - rho ** 2 if arms are alike (Deng et al., WSDM 2013, eq. 4)."""

    ratio: float
    rho: float


def reduction(units: Units, metric: Metric, control: str, treatment: str) -> Reduction | None:
    """What CUPED does for `metric`; None where nothing usable is known of the time before."""
    covariates = usable_covariates(units, metric)
    if not covariates:
        return None
    adjusted = effect(units, metric, control, treatment)
    plain = effect(units, metric, control, treatment, cuped=False)
    now, past = [], []
    for arm in (control, treatment):
        mine = units.of(arm)
        now.append(_linear([units.sums[name][mine] for name in metric.columns]))
        past.append(_linear([filled(units.before[name])[mine] for name in covariates]))
    rho = float(np.corrcoef(np.concatenate(now), np.concatenate(past))[0, 1])
    return Reduction((adjusted.error / plain.error) ** 2, rho)


def _linear(columns: list[Doubles]) -> Doubles:
    """Deviations from the arm's mean, or of the numerator from the arm's ratio times the denominator."""
    if len(columns) == 1:
        return np.asarray(columns[0] - columns[0].mean())
    above, below = columns
    return np.asarray(above - below * above.sum() / below.sum())
