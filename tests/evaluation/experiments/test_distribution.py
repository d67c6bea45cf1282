"""Ranks and resampled effects are those of scipy, and seeds fix them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluation.experiments.distribution import bootstrap, ranks
from evaluation.experiments.effect import effect
from evaluation.experiments.metric import Metric
from schemas.errors import UserError
from tests.evaluation.experiments.populations import ARMS, users


def test_ranks_are_mann_whitneys() -> None:
    units = users(400, 1, lift=0.3)
    control, treatment = (units.sums["clicks"][units.of(arm)] for arm in ARMS)
    theirs = stats.mannwhitneyu(treatment, control)
    found = ranks(units, "clicks", *ARMS)
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.superiority == pytest.approx(theirs.statistic / len(control) / len(treatment))


def test_the_bootstrap_of_a_mean_and_of_a_ratio_agree_with_the_normal_theory() -> None:
    units = users(2000, 2, lift=0.1, spread=0.3)
    for metric in (Metric("clicks"), Metric("clicks", "views")):
        mine, theory = bootstrap(units, metric, *ARMS, seed=1), effect(units, metric, *ARMS, cuped=False)
        width = theory.high - theory.low
        assert mine.difference == pytest.approx(theory.difference)
        assert mine.means == pytest.approx(theory.means)
        assert (mine.low, mine.high) == pytest.approx((theory.low, theory.high), abs=0.05 * width)
        assert bootstrap(units, metric, *ARMS, seed=1) == mine


def test_a_quantile_that_was_lifted_is_found() -> None:
    units = users(4000, 3, lift=0.5)
    found = bootstrap(units, Metric.parse("clicks@0.9"), *ARMS)
    nine = [np.quantile(units.sums["clicks"][units.of(arm)], 0.9) for arm in ARMS]
    assert found.means == pytest.approx(nine)
    assert found.low > 0


def test_a_missing_column_and_an_empty_arm_are_told() -> None:
    units = users(100, 4)
    with pytest.raises(UserError, match="no column 'likes'"):
        ranks(units, "likes", *ARMS)
    with pytest.raises(UserError, match="has 0 units"):
        bootstrap(units.where(units.of("control")), Metric("clicks"), *ARMS)
