"""Effects other than on the mean: ranks (Mann-Whitney), quantiles and means by bootstrap over units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from tea_tasting.metrics import Bootstrap, MannWhitneyU, Quantile

from evaluation.experiments.metric import Metric
from evaluation.experiments.units import Doubles, Units
from schemas.errors import UserError

RESAMPLES = 2000
_CELLS = 20_000_000
"""Numbers drawn at a time: 160 MB."""


@dataclass(frozen=True)
class Ranks:
    """`superiority`: P(a treated unit is above a control one), ties half; 0.5 if nothing changed. `p`: two-sided."""

    superiority: float
    p: float


@dataclass(frozen=True)
class Resampled:
    """A statistic of each arm and the bootstrap interval of their difference; `relative` bounds as shares."""

    means: tuple[float, float]
    difference: float
    low: float
    high: float
    relative_low: float
    relative_high: float


def ranks(units: Units, column: str, control: str, treatment: str) -> Ranks:
    """Mann-Whitney's U test of `column` (ties corrected)."""
    found = MannWhitneyU(column).analyze_granular(*_arms(units, [column], control, treatment))
    return Ranks(float(found.treatment), float(found.pvalue))


def bootstrap(
    units: Units, metric: Metric, control: str, treatment: str, *, level: float = 0.95, seed: int = 0
) -> Resampled:
    """The metric's effect by resampling units: percentile interval for means and ratios, basic for a quantile."""
    arms = _arms(units, list(metric.columns), control, treatment)
    batch = max(1, _CELLS // max(len(units), 1))
    shared: dict[str, Any] = {"n_resamples": RESAMPLES, "confidence_level": level, "batch": batch, "rng": seed}
    if metric.quantile is not None:
        test: Bootstrap = Quantile(metric.numerator, metric.quantile, **shared)
    elif metric.denominator is None:
        test = Bootstrap(metric.numerator, np.mean, method="percentile", **shared)
    else:
        test = Bootstrap(list(metric.columns), _ratio, method="percentile", **shared)
    found = test.analyze_granular(*arms)
    return Resampled(
        (found.control, found.treatment),
        found.effect_size,
        found.effect_size_ci_lower,
        found.effect_size_ci_upper,
        found.rel_effect_size_ci_lower,
        found.rel_effect_size_ci_upper,
    )


def _ratio(sample: Doubles, axis: int = -1) -> Doubles:
    """Of samples whose two columns are the first dimension left once `axis` is summed over."""
    above, below = sample.sum(axis=axis)
    return np.asarray(above / below)


def _arms(units: Units, columns: list[str], control: str, treatment: str) -> tuple[pa.Table, pa.Table]:
    for name in columns:
        if name not in units.sums:
            raise UserError(f"there is no column {name!r} to measure", fix=f"columns are: {', '.join(units.sums)}")
    found = []
    for arm in (control, treatment):
        mine = units.of(arm)
        if int(mine.sum()) < 2:
            raise UserError(f"arm {arm!r} has {int(mine.sum())} units; a comparison needs 2 at least")
        found.append(pa.table({name: units.sums[name][mine] for name in columns}))
    return found[0], found[1]
