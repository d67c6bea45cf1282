"""Plans are those of statsmodels, and days come in whole weeks."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from evaluation.experiments.metric import Metric
from evaluation.experiments.plan import detectable, inflation, plan, weeks_for
from evaluation.experiments.units import Units
from schemas.errors import UserError
from tests.evaluation.experiments.populations import users

CLICKS = Metric("clicks")


@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_units_are_those_of_statsmodels(ratio: float) -> None:
    units = users(1000, 1, spread=0.5)
    clicks = units.sums["clicks"]
    found = plan(units, CLICKS, 0.05, power=0.9, alpha=0.01, ratio=ratio, cuped=False)
    size = 0.05 * clicks.mean() / clicks.std(ddof=1)
    theirs = NormalIndPower().solve_power(size, alpha=0.01, power=0.9, ratio=ratio) * (1 + ratio)
    assert found.units == pytest.approx(theirs, rel=1e-3)


def test_what_is_detectable_is_the_inverse() -> None:
    units = users(2000, 2, spread=0.5)
    needed = plan(units, CLICKS, 0.04).units
    assert detectable(units, CLICKS, needed) == pytest.approx(0.04, rel=1e-3)


def test_a_known_past_saves_units() -> None:
    units = users(20_000, 3, rho=0.9, spread=0.3)
    saved = plan(units, CLICKS, 0.02).units / plan(units, CLICKS, 0.02, cuped=False).units
    rho = np.corrcoef(units.sums["clicks"], units.before["clicks"])[0, 1]
    assert saved == pytest.approx(1 - rho**2, rel=0.01)


def test_looking_daily_has_its_price() -> None:
    assert 1.5 < inflation(0.8, 0.05) < 2.2
    units = users(1000, 4)
    found = plan(units, CLICKS, 0.1)
    assert found.sequential == pytest.approx(found.units * inflation(0.8, 0.05), abs=1)


def test_days_come_in_whole_weeks() -> None:
    steady = np.repeat(np.arange(10), 100)
    assert weeks_for(steady, 250) == 7
    assert weeks_for(steady, 800) == 14
    assert weeks_for(steady, 3000) == 35
    assert weeks_for(np.zeros(100, dtype=np.int64), 101) is None


def test_what_cannot_be_planned_is_told() -> None:
    units = users(100, 5)
    with pytest.raises(UserError, match="means and ratios only"):
        plan(units, Metric.parse("clicks@0.5"), 0.1)
    still = Units(units.arms, units.arm, {"clicks": np.zeros(100)})
    with pytest.raises(UserError, match="its mean is 0"):
        plan(still, CLICKS, 0.1)
