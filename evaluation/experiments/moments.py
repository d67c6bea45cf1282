"""Sample moments of one arm as tea-tasting takes them, straight from arrays."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from tea_tasting.aggr import Aggregates

from evaluation.experiments.metric import Metric
from evaluation.experiments.units import Doubles, Units
from schemas.errors import UserError

BEFORE = "before "
"""Prefix of a covariate's column."""


def moments(columns: dict[str, Doubles]) -> Aggregates:
    """Count, means, variances and covariances of `columns`, (n,) each; n is 2 or more."""
    names = list(columns)
    stacked = np.stack([columns[name] for name in names])
    products = np.atleast_2d(np.cov(stacked))
    return Aggregates(
        count_=stacked.shape[1],
        mean_=dict(zip(names, stacked.mean(axis=1).tolist(), strict=True)),
        var_={name: float(products[i, i]) for i, name in enumerate(names)},
        cov_={(names[i], names[j]): float(products[i, j]) for i, j in combinations(range(len(names)), 2)},
    )


def arm_moments(units: Units, metric: Metric, arm: str, covariates: tuple[str, ...] = ()) -> Aggregates:
    """Moments of the metric's columns, and of `covariates` of the time before, in `arm`.

    Raises UserError for a column that is not there and for an arm with fewer than two units.
    """
    mine = units.of(arm)
    if int(mine.sum()) < 2:
        raise UserError(
            f"arm {arm!r} has {int(mine.sum())} units; a comparison needs 2 at least",
            fix=f"units per arm: {units.counts}",
        )
    columns = {name: _column(units, name)[mine] for name in metric.columns}
    columns |= {BEFORE + name: filled(units.before[name])[mine] for name in covariates}
    return moments(columns)


def filled(before: Doubles) -> Doubles:
    """`before` with the mean of what is known where it is not: a unit without a past then says nothing either way."""
    known = ~np.isnan(before)
    return np.where(known, before, before[known].mean() if known.any() else 0.0)


def _column(units: Units, name: str) -> Doubles:
    if name not in units.sums:
        raise UserError(f"there is no column {name!r} to measure", fix=f"columns are: {', '.join(units.sums)}")
    return units.sums[name]
