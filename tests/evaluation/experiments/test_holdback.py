"""Window by window: what lasts, and which way it goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from evaluation.experiments.holdback import long_term
from evaluation.experiments.metric import Metric
from schemas.errors import UserError
from tests.evaluation.experiments.populations import ARMS, days_of

CLICKS = Metric("clicks")


def test_each_window_is_compared_by_itself() -> None:
    panel = days_of(1000, 21, 1, lift=0.3, arriving=1.0)
    panel = replace(panel, people=replace(panel.people, before={}))
    found = long_term(panel, CLICKS, *ARMS)
    assert len(found.effects) == 3
    second = panel.window(7, 13)
    means = [second.sums["clicks"][second.of(arm)].mean() for arm in ARMS]
    assert sum(found.effects[1].units) == 1000
    assert found.effects[1].difference == pytest.approx(means[1] - means[0])


def test_a_waning_effect_has_a_trend() -> None:
    assert long_term(days_of(3000, 28, 2, lift=1.0, fading=0.1, arriving=1.0), CLICKS, *ARMS).p < 1e-3
    assert long_term(days_of(3000, 28, 2, lift=1.0, fading=0.1, arriving=1.0), CLICKS, *ARMS).trend < 0


@pytest.mark.parametrize("metric", [CLICKS, Metric("clicks", "views")])
def test_without_a_trend_none_is_found_more_often_than_said(metric: Metric) -> None:
    p = [long_term(days_of(300, 14, seed, lift=0.5, arriving=1.0), metric, *ARMS).p for seed in range(100)]
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    assert np.mean(np.array(p) < 0.05) < 0.13


def test_too_few_windows_are_told() -> None:
    with pytest.raises(UserError, match="10 days hold 1 whole windows of 7 days"):
        long_term(days_of(300, 10, 3), CLICKS, *ARMS)
