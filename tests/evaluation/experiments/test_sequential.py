"""Confidence sequences: their boundary is the published one, and looking daily does not mislead."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from evaluation.experiments.effect import effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.sequential import always_valid_p, confidence_sequence, critical
from evaluation.experiments.units import DAYS
from tests.evaluation.experiments.populations import ARMS, days_of

CLICKS = Metric("clicks")


@pytest.mark.parametrize("n", [100, 10_000])
@pytest.mark.parametrize("rho", [0.01, 0.5])
def test_the_boundary_is_that_of_waudby_smith_et_al(n: int, rho: float) -> None:
    """Theorem 2.2: mean +- sd sqrt(2 (n rho^2 + 1) / (n^2 rho^2) log(sqrt(n rho^2 + 1) / alpha))."""
    theirs = math.sqrt(2 * (n * rho**2 + 1) / (n**2 * rho**2) * math.log(math.sqrt(n * rho**2 + 1) / 0.05))
    assert critical(n * rho**2, 0.05) / math.sqrt(n) == pytest.approx(theirs)


def test_p_and_interval_say_the_same() -> None:
    for information in (0.1, 1.0, 20.0):
        for alpha in (0.01, 0.05, 0.3):
            assert always_valid_p(critical(information, alpha), information) == pytest.approx(alpha)
    assert always_valid_p(0.0, 5.0) == 1.0


def test_a_simulated_brownian_motion_stays_within_almost_as_often_as_said() -> None:
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(4000, 400))
    walk = steps.cumsum(axis=1) / np.sqrt(np.arange(1, 401))
    bound = np.array([critical(n / 20, 0.05) for n in range(1, 401)])
    crossed = (np.abs(walk) > bound).any(axis=1).mean()
    assert 0.01 < crossed < 0.05


def test_the_last_look_agrees_with_the_effect_on_all_days() -> None:
    panel = days_of(2000, 10, 1, lift=0.3, arriving=1.0)
    looks = confidence_sequence(panel, CLICKS, *ARMS)
    once = effect(panel.totals(), CLICKS, *ARMS)
    assert looks[-1].difference == pytest.approx(once.difference / 10)
    assert looks[-1].error == pytest.approx(once.error / 10, rel=1e-9)
    assert looks[-1].low < once.low / 10 < once.high / 10 < looks[-1].high


def test_intervals_narrow_and_p_only_falls() -> None:
    looks = confidence_sequence(days_of(2000, 14, 2, lift=0.3, arriving=1.0), CLICKS, *ARMS)
    widths = [look.high - look.low for look in looks]
    assert widths[-1] < 0.6 * widths[0]
    assert all(one.p >= other.p for one, other in itertools.pairwise(looks))
    assert looks[-1].low > 0
    assert looks[-1].p < 0.05


def test_a_look_today_is_the_same_tomorrow() -> None:
    """What was concluded on day 5 may not change because there was a day 6."""
    panel = days_of(1000, 10, 3)
    early = panel.day < 6
    sums = {name: column[early] for name, column in panel.sums.items()}
    looks = confidence_sequence(replace(panel, unit=panel.unit[early], day=panel.day[early], sums=sums), CLICKS, *ARMS)
    assert looks == confidence_sequence(panel, CLICKS, *ARMS)[: len(looks)]


def test_there_is_no_look_before_there_are_enough_units() -> None:
    panel = days_of(600, 14, 4, arriving=0.1)
    looks = confidence_sequence(panel, CLICKS, *ARMS)
    assert 0 < looks[0].day < 13
    assert min(looks[0].units) >= 100
    assert confidence_sequence(panel, CLICKS, *ARMS, least=10_000) == []


def test_days_are_counted_from_a_users_first() -> None:
    panel = days_of(50, 6, 5)
    units = panel.totals()
    assert (units.sums[DAYS] == 6 - panel.entered).all()
    assert panel.window(2, 3).sums[DAYS].max() == 2
    assert len(panel.window(0, 0)) == (panel.entered == 0).sum()
