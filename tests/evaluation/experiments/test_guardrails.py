"""Guardrails rule a loss out, show it, or say that neither is known yet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluation.experiments.guardrails import guarded, guarded_daily
from evaluation.experiments.metric import Guardrail, Metric
from tests.evaluation.experiments.populations import ARMS, days_of, users


def test_non_inferiority_is_welchs_test_against_the_margin() -> None:
    units = users(500, 1, spread=0.3)
    control, treatment = (units.sums["clicks"][units.of(arm)] for arm in ARMS)
    units = replace(units, before={})
    found = guarded(units, Guardrail(Metric("clicks"), 0.05), *ARMS)
    theirs = stats.ttest_ind(treatment, 0.95 * control, equal_var=False, alternative="greater")
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-9)
    down = guarded(units, Guardrail(Metric("clicks", lower_is_better=True), 0.05), *ARMS)
    theirs = stats.ttest_ind(treatment, 1.05 * control, equal_var=False, alternative="less")
    assert down.p == pytest.approx(theirs.pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("lift", "lower_is_better", "state"),
    [(0.0, False, "safe"), (-0.2, False, "harmed"), (0.2, True, "harmed"), (-0.2, True, "safe")],
)
def test_large_experiments_know(lift: float, lower_is_better: bool, state: str) -> None:
    found = guarded(
        users(20_000, 2, lift=lift, spread=0.3),
        Guardrail(Metric("clicks", lower_is_better=lower_is_better), 0.05),
        *ARMS,
    )
    assert found.state == state


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 1000), lift=st.floats(-0.2, 0.2))
def test_what_is_said_is_what_the_interval_says(seed: int, lift: float) -> None:
    found = guarded(users(400, seed, lift=lift, spread=0.4), Guardrail(Metric("clicks"), 0.05), *ARMS)
    assert found.relative is not None
    low, _, high = found.relative
    if min(abs(low + 0.05), abs(high + 0.05)) > 0.005:
        assert found.state == ("safe" if low > -0.05 else "harmed" if high < -0.05 else "open")


def test_small_ones_do_not() -> None:
    found = guarded(users(60, 3), Guardrail(Metric("clicks"), 0.01), *ARMS)
    assert found.state == "open"
    assert "is not ruled out yet" in str(found)


@pytest.mark.parametrize(("lift", "state"), [(0.0, "safe"), (-0.5, "harmed"), (-0.2, "open")])
def test_daily_looks_decide_the_same_on_ratios(lift: float, state: str) -> None:
    found = guarded_daily(days_of(3000, 14, 4, lift=lift), Guardrail(Metric("clicks", "views"), 0.2), *ARMS)
    assert found.state == state
    assert found.p is None
    assert found.look is not None
    assert found.relative == found.look.relative


def test_daily_looks_at_too_few_users_leave_it_open() -> None:
    found = guarded_daily(days_of(100, 5, 5), Guardrail(Metric("clicks"), 0.2), *ARMS)
    assert found.state == "open"
    assert found.relative is None
