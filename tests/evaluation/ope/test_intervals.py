from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evaluation.ope import bandit
from evaluation.ope.intervals import Interval, delta_method, percentile, standard_error, studentised
from evaluation.ope.stream import Sums, summed
from evaluation.ope.terms import mean_of

METHODS: list[Callable[[Sums], Interval]] = [delta_method, percentile, studentised]


def each_alone(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Sums:
    return summed(mean_of(values), np.arange(len(values), dtype=np.uint64))


@pytest.mark.parametrize("method", METHODS)
def test_the_mean_of_independent_rows_has_the_textbook_interval(method: Callable[[Sums], Interval]) -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 1500)
    found = method(each_alone(values))
    half = 1.96 * values.std(ddof=1) / np.sqrt(1500)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=half * 0.12)
    assert found.high == pytest.approx(values.mean() + half, abs=half * 0.12)


@pytest.mark.parametrize("method", METHODS)
def test_rows_of_one_user_count_as_one(method: Callable[[Sums], Interval]) -> None:
    """Nine copies of every row under the same user say nothing new; under users of their own they would."""
    values = np.random.default_rng(2).random(400)
    users = np.repeat(np.arange(400, dtype=np.uint64), 9)
    once, copied = method(each_alone(values)), method(summed(mean_of(np.repeat(values, 9)), users))
    assert copied.high - copied.low == pytest.approx(once.high - once.low, rel=1e-6)


def test_a_ratio_has_the_error_of_its_linearisation() -> None:
    rng = np.random.default_rng(3)
    weight, reward = rng.lognormal(0, 0.5, 2000), rng.random(2000)
    sums = summed(bandit.snips(weight, reward), np.arange(2000, dtype=np.uint64))
    rest = weight * (reward - sums.value) / weight.sum()
    assert standard_error(sums) == pytest.approx(np.sqrt((rest**2).sum()), rel=0.01)


def test_the_studentised_interval_is_skew_where_the_estimate_is() -> None:
    values = np.random.default_rng(4).lognormal(0.0, 1.5, 300)
    found = studentised(each_alone(values))
    assert found.high - found.value > 1.2 * (found.value - found.low)


def test_the_same_sums_have_the_same_interval() -> None:
    values = np.random.default_rng(5).random(200)
    assert studentised(each_alone(values)) == studentised(each_alone(values))


def test_what_never_varies_has_no_width() -> None:
    found = studentised(each_alone(np.full(50, 2.0)))
    assert (found.low, found.value, found.high) == (2.0, 2.0, 2.0)


@pytest.mark.slow
def test_studentised_intervals_of_skew_means_cover() -> None:
    """400 log-normal users: 95 % within the error of 600 replications; the percentile interval falls behind it."""
    rng = np.random.default_rng(6)
    truth, hits = np.exp(0.5), {"studentised": 0, "percentile": 0}
    for _ in range(600):
        sums = each_alone(rng.lognormal(0.0, 1.0, 400))
        for name, method in (("studentised", studentised), ("percentile", percentile)):
            found = method(sums)
            hits[name] += found.low <= truth <= found.high
    assert 0.93 <= hits["studentised"] / 600 <= 0.97
    assert hits["percentile"] <= hits["studentised"]
