"""Whole groups were assigned: the error is that of groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from evaluation.experiments.clusters import by_cluster, per_unit
from evaluation.experiments.effect import effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.units import UNITS, Units
from schemas.errors import UserError
from tests.evaluation.experiments.populations import ARMS

CLICKS = Metric("clicks")


def grouped(clusters: int, seed: int, lift: float = 0.0) -> Units:
    """Clusters of 5 to 40 units that share a level; even ones are treated."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(5, 41, clusters))
    arm = cluster % 2
    level = rng.normal(3, 1, clusters)
    clicks = level[cluster] + rng.normal(size=len(cluster)) + lift * arm
    return Units(ARMS, arm, {"clicks": clicks}, {}, cluster=cluster)


def test_the_error_is_the_cluster_robust_one_of_statsmodels() -> None:
    units = grouped(60, 1)
    found = effect(by_cluster(units), per_unit(CLICKS), *ARMS)
    design = sm.add_constant(units.arm.astype(float))
    fit = sm.OLS(units.sums["clicks"], design).fit(
        cov_type="cluster", cov_kwds={"groups": units.cluster, "use_correction": False}
    )
    assert found.difference == pytest.approx(fit.params[1], rel=1e-9)
    assert found.error == pytest.approx(fit.bse[1] * np.sqrt(30 / 29), rel=1e-9)
    assert found.units == (30, 30)


def test_counting_units_instead_would_find_what_is_not_there() -> None:
    wrong = [effect(grouped(60, seed), CLICKS, *ARMS).p < 0.05 for seed in range(100)]
    right = [effect(by_cluster(grouped(60, seed)), per_unit(CLICKS), *ARMS).p < 0.05 for seed in range(100)]
    assert sum(wrong) > 50
    assert sum(right) < 12


def test_a_past_is_used_by_cluster_too() -> None:
    units = grouped(60, 2)
    rng = np.random.default_rng(2)
    past = replace(units, before={"clicks": units.sums["clicks"] + 0.1 * rng.normal(size=len(units))})
    adjusted = effect(by_cluster(past), per_unit(CLICKS), *ARMS)
    assert adjusted.method == "delta method, CUPED"
    assert adjusted.error < 0.2 * effect(by_cluster(units), per_unit(CLICKS), *ARMS).error


def test_totals_are_kept() -> None:
    units = grouped(40, 3)
    found = by_cluster(units)
    assert found.sums[UNITS].sum() == len(units)
    assert found.sums["clicks"].sum() == pytest.approx(units.sums["clicks"].sum())


def test_clusters_that_cannot_be_analysed_are_told() -> None:
    units = grouped(40, 4)
    with pytest.raises(UserError, match="which cluster a unit belongs to"):
        by_cluster(replace(units, cluster=None))
    with pytest.raises(UserError, match="40 of 40 clusters have units in several arms"):
        by_cluster(replace(units, arm=np.arange(len(units)) % 2))
    with pytest.raises(UserError, match=r"arm 'control' has 6 clusters of .* units; 10 are needed"):
        by_cluster(units.where(np.asarray(units.cluster) < 12))
