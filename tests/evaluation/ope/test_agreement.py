from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluation.ope.agreement import Pair, Span, hit_rate


def pair(forecast: float, measured: float, told: float = 1.0, found: float = 0.0) -> Pair:
    return Pair(
        "r", Span(forecast, forecast - told, forecast + told), Span(measured, measured - found, measured + found)
    )


@pytest.mark.parametrize(("measured", "held"), [(2.9, True), (3.1, False), (1.1, True), (0.9, False)])
def test_what_is_measured_without_error_must_be_in_the_interval(measured: float, held: bool) -> None:
    assert pair(2.0, measured).held is held


def test_the_error_of_the_measurement_widens_the_reach() -> None:
    """3 and 4 make 5; each side by itself."""
    assert pair(0.0, 0.0, told=3.0, found=4.0).reach == (-5.0, 5.0)
    skew = Pair("r", Span(0.0, -3.0, 0.0), Span(0.0, 0.0, 4.0))
    assert skew.reach == (-5.0, 0.0)


def test_95_in_100_hold_of_two_estimates_of_one_thing() -> None:
    rng = np.random.default_rng(1)
    z = stats.norm.ppf(0.975)
    pairs = [pair(rng.normal(0.0, 1.0), rng.normal(0.0, 2.0), told=z, found=2 * z) for _ in range(4000)]
    rate = hit_rate(pairs)
    assert rate.share == pytest.approx(0.95, abs=0.012)
    assert rate.low < 0.95 < rate.high


def test_the_rate_is_told_with_its_interval_and_without_pairs_there_is_none() -> None:
    assert str(hit_rate([pair(0.0, 0.5)] * 9 + [pair(0.0, 2.0)])) == "9 of 10 forecasts held (60% .. 98%)"
    assert hit_rate([]).share is None
    assert str(hit_rate([])) == "no forecast could be compared yet"
