"""Effects are those of scipy and statsmodels, to the last digits; what cannot be compared is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from evaluation.experiments.cuped import reduction
from evaluation.experiments.effect import effect
from evaluation.experiments.metric import Guardrail, Metric
from evaluation.experiments.units import Units
from schemas.errors import UserError
from tests.evaluation.experiments.populations import ARMS, users

CLICKS, RATIO = Metric("clicks"), Metric("clicks", "views")


def arms(units: Units, column: str = "clicks") -> tuple[np.ndarray, np.ndarray]:
    return units.sums[column][units.of("control")], units.sums[column][units.of("treatment")]


@settings(deadline=None, max_examples=30)
@given(n=st.integers(8, 400), seed=st.integers(0, 10_000), lift=st.floats(-0.5, 0.5))
def test_means_are_compared_as_scipy_and_statsmodels_do(n: int, seed: int, lift: float) -> None:
    units = users(n, seed, lift=lift)
    units = replace(units, arm=np.arange(n) % 2)
    control, treatment = arms(units)
    found = effect(units, CLICKS, *ARMS, cuped=False)
    theirs = stats.ttest_ind(treatment, control, equal_var=False)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert found.difference / found.error == pytest.approx(theirs.statistic, rel=1e-9)
    interval = CompareMeans(DescrStatsW(treatment), DescrStatsW(control)).tconfint_diff(usevar="unequal")
    assert (found.low, found.high) == pytest.approx(interval, rel=1e-9)
    assert found.relative == pytest.approx(treatment.mean() / control.mean() - 1)


def test_a_ratio_has_the_error_of_a_regression_with_clusters() -> None:
    """sum(clicks) / sum(views) is the mean over views, users are its clusters: statsmodels' sandwich, arm by arm."""
    units = users(300, 1, lift=0.2)
    found = effect(units, RATIO, *ARMS)
    errors, means = [], []
    for arm in ARMS:
        mine = units.of(arm)
        clicks, views = units.sums["clicks"][mine], units.sums["views"][mine].astype(int)
        rows, user = np.repeat(clicks / views, views), np.repeat(np.arange(mine.sum()), views)
        fit = sm.OLS(rows, np.ones(len(rows))).fit(
            cov_type="cluster", cov_kwds={"groups": user, "use_correction": False}
        )
        means.append(float(fit.params[0]))
        errors.append(float(fit.bse[0]) * np.sqrt(mine.sum() / (mine.sum() - 1)))
    assert found.means == pytest.approx(means, rel=1e-9)
    assert found.error == pytest.approx(np.hypot(*errors), rel=1e-9)
    assert found.method == "delta method"


def test_cuped_is_the_regression_on_what_was_before() -> None:
    units = users(4000, 3, lift=0.1, rho=0.8, spread=0.5)
    found, plain = effect(units, CLICKS, *ARMS), effect(units, CLICKS, *ARMS, cuped=False)
    design = np.column_stack([np.ones(len(units)), units.arm, units.before["clicks"]])
    fit = sm.OLS(units.sums["clicks"], design).fit(cov_type="HC2")
    assert found.difference == pytest.approx(fit.params[1], rel=5e-3)
    assert found.error == pytest.approx(fit.bse[1], rel=5e-3)
    assert found.method == "Welch, CUPED"
    assert found.error < 0.75 * plain.error


def test_cuped_without_a_past_changes_nothing() -> None:
    units = users(200, 4)
    plain = effect(units, CLICKS, *ARMS, cuped=False)
    for before in ({}, {"clicks": np.full(200, np.nan)}, {"clicks": np.zeros(200)}):
        assert effect(replace(units, before=before), CLICKS, *ARMS) == plain
        assert reduction(replace(units, before=before), CLICKS, *ARMS) is None


def test_users_without_a_past_weigh_neither_way() -> None:
    units = users(2000, 5, rho=0.9, lift=0.05)
    before = units.before["clicks"].copy()
    before[::4] = np.nan
    found = effect(replace(units, before={"clicks": before}), CLICKS, *ARMS)
    assert found.error < effect(units, CLICKS, *ARMS, cuped=False).error
    assert np.isfinite(found.difference)


def test_cuped_of_a_ratio_needs_both_columns() -> None:
    units = users(500, 6, rho=0.8)
    assert effect(units, RATIO, *ARMS).method == "delta method"
    both = {**units.before, "views": units.sums["views"]}
    assert effect(replace(units, before=both), RATIO, *ARMS).method == "delta method, CUPED"


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_variance_falls_by_one_minus_rho_squared(rho: float) -> None:
    units = users(20_000, 7, rho=rho, spread=0.3)
    found = reduction(units, CLICKS, *ARMS)
    assert found is not None
    assert found.ratio == pytest.approx(1 - found.rho**2, abs=0.002)


def test_a_relative_effect_of_what_may_be_negative_is_not_told() -> None:
    units = users(100, 8)
    found = effect(replace(units, sums={"clicks": units.sums["clicks"] - 5}), CLICKS, *ARMS)
    assert found.relative is None
    assert np.isfinite(found.low)


def test_what_cannot_be_compared_is_told() -> None:
    units = users(50, 9)
    with pytest.raises(UserError, match="no column 'likes'"):
        effect(units, Metric("likes"), *ARMS)
    with pytest.raises(UserError, match="same for every unit"):
        effect(replace(units, sums={"clicks": np.ones(50)}), CLICKS, *ARMS)
    with pytest.raises(UserError, match="sums to 0"):
        effect(replace(units, sums={"clicks": np.ones(50), "views": np.zeros(50)}), RATIO, *ARMS)
    lone = units.where(units.of("control") | (np.arange(50) == int(np.flatnonzero(units.of("treatment"))[0])))
    with pytest.raises(UserError, match="arm 'treatment' has 1 units"):
        effect(lone, CLICKS, *ARMS)
    with pytest.raises(ValueError, match="not finite"):
        replace(units, sums={"clicks": np.full(50, np.nan)})
    with pytest.raises(ValueError, match="one number a unit"):
        replace(units, sums={"clicks": np.ones(3)})


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("click", Metric("click")),
        (" click / impressions ", Metric("click", "impressions")),
        ("dwell@0.9", Metric("dwell", quantile=0.9)),
    ],
)
def test_metrics_are_read_as_people_write_them(text: str, metric: Metric) -> None:
    assert Metric.parse(text) == metric
    assert Metric.parse(metric.name) == metric


@pytest.mark.parametrize("text", ["", "/views", "click/", "click@", "click@1.5", "click@x", "a@0.5/b"])
def test_what_is_no_metric_is_told(text: str) -> None:
    with pytest.raises(UserError, match="metric: found"):
        Metric.parse(text)


def test_guardrails_are_read_as_people_write_them() -> None:
    assert Guardrail.parse("dwell=2%") == Guardrail(Metric("dwell"), 0.02)
    assert Guardrail.parse("hide/impressions=0.05", True) == Guardrail(
        Metric("hide", "impressions", lower_is_better=True), 0.05
    )
    for text in ("dwell", "dwell=0", "dwell=150%", "dwell=much"):
        with pytest.raises(UserError, match="guardrail: found"):
            Guardrail.parse(text)
