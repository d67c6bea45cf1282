from __future__ import annotations

import numpy as np
import pytest

from evaluation.ope.bounded import betting, empirical_bernstein


def test_the_bernstein_half_width_is_the_papers() -> None:
    values = np.random.default_rng(1).random(500)
    found = empirical_bernstein(values, 0.0, 1.0)
    log = np.log(2 / 0.025)
    half = np.sqrt(2 * values.var(ddof=1) * log / 500) + 7 * log / (3 * 499)
    assert found.high - found.value == pytest.approx(half)
    assert found.value - found.low == pytest.approx(half)


@pytest.mark.parametrize("interval", [empirical_bernstein, betting])
def test_they_stay_within_bounds_and_around_the_mean(interval) -> None:  # type: ignore[no-untyped-def]
    values = 10.0 * (np.random.default_rng(2).random(60) < 0.05)
    found = interval(values, 0.0, 10.0)
    assert 0.0 <= found.low <= found.value <= found.high <= 10.0


def test_betting_is_narrower_where_the_tail_is_long() -> None:
    values = np.random.default_rng(3).random(2000) * (np.random.default_rng(4).random(2000) < 0.02)
    bets, bernstein = betting(values, 0.0, 1.0), empirical_bernstein(values, 0.0, 1.0)
    assert bets.high - bets.low < 0.75 * (bernstein.high - bernstein.low)


@pytest.mark.parametrize("chance", [0.02, 0.5])
def test_betting_covers_at_least_as_often_as_it_says(chance: float) -> None:
    rng = np.random.default_rng(5)
    found = [betting((rng.random(300) < chance).astype(np.float64), 0.0, 1.0) for _ in range(300)]
    assert np.mean([one.low <= chance <= one.high for one in found]) >= 0.95


def test_what_is_out_of_bounds_is_told() -> None:
    with pytest.raises(ValueError, match=r"allowed is \[0, 1\]"):
        betting(np.array([0.5, 2.0]), 0, 1)
    with pytest.raises(ValueError, match="2 or more"):
        empirical_bernstein(np.array([0.5]), 0, 1)
