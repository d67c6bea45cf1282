"""Intervals: they hold the truth as often as they say, with users as the units, and pairing makes them narrow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluation import intervals
from evaluation.intervals import Bootstrap, units_of


def test_a_row_without_a_user_is_a_unit_of_its_own() -> None:
    units = units_of(np.array(["a", "b", "a", "", None, ""], dtype=object))
    assert units.count == 5
    assert units.row[0] == units.row[2]
    assert len(set(units.row.tolist())) == 5
    assert sorted(units.sums(np.ones(6)).tolist()) == [1, 1, 1, 1, 2]


def test_an_interval_lies_about_its_mean_and_the_same_seed_gives_the_same() -> None:
    rng = np.random.default_rng(0)
    users = rng.integers(0, 100, 500)
    values = rng.random(500)
    found = intervals.mean(values, users, seed=1)
    assert found.value == pytest.approx(values.mean())
    assert found.low < found.value < found.high
    assert intervals.mean(values, users, seed=1) == found
    assert str(found).startswith("+0.")


def test_rows_of_one_user_count_as_one_user() -> None:
    values, users = np.repeat([0.0, 1.0] * 20, 50), np.repeat(np.arange(40), 50)
    clustered = intervals.mean(values, users, seed=0)
    loose = intervals.mean(values, np.arange(2000), seed=0)
    assert clustered.high - clustered.low > 4 * (loose.high - loose.low)


def test_pairing_cancels_what_both_share() -> None:
    rng = np.random.default_rng(1)
    users, shared = np.arange(400), rng.normal(size=400)
    better, worse = shared + 0.05, shared + rng.normal(0, 0.01, 400)
    assert intervals.paired(better, worse, users, seed=0).low > 0
    assert intervals.mean(better, users, seed=0).low < 0


def test_what_is_unknown_is_left_out_and_too_few_users_have_no_limits() -> None:
    found = intervals.mean(np.array([1.0, np.nan, 3.0]), np.array(["a", "a", "a"]), seed=0)
    assert found.value == 2.0
    assert math.isnan(found.low)
    nothing = intervals.mean(np.zeros(0), np.zeros(0, dtype=object), seed=0)
    assert math.isnan(nothing.value)


def test_values_of_other_rows_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="not of the same rows"):
        intervals.paired(np.zeros(3), np.zeros(4), np.zeros(3), seed=0)


@pytest.mark.slow
def test_intervals_of_paired_differences_hold_the_truth_as_often_as_they_say() -> None:
    """1,000 samples of 300 users with 1 to 12 rows each, whose taste moves all their rows together."""
    inside = 0
    for replication in range(1000):
        rng = np.random.default_rng([7, replication])
        users = np.repeat(np.arange(300), rng.integers(1, 13, 300))
        shift = rng.exponential(0.1, 300)[users]
        values = rng.binomial(1, np.clip(0.2 + shift, 0, 1)).astype(float)
        other = rng.binomial(1, 0.25, len(users)).astype(float)
        found = intervals.paired(values, other, users, replication)
        inside += found.low <= TRUTH <= found.high
    assert 0.935 <= inside / 1000 <= 0.965


TRUTH = -0.05 + 0.1 * (1 - math.exp(-8.0))
"""E[min(0.2 + X, 1)] - 0.25 with X exponential of mean 0.1: the number of rows does not depend on the taste."""


def test_one_bootstrap_serves_many_figures_of_the_same_users() -> None:
    drawn = Bootstrap(50, seed=3, replicates=400)
    values = np.random.default_rng(2).random(50)
    one = drawn.mean(values, np.ones(50))
    doubled = drawn.mean(2 * values, np.ones(50))
    assert (doubled.low, doubled.high) == pytest.approx((2 * one.low, 2 * one.high), rel=1e-5)


def test_means_of_many_figures_are_those_of_each() -> None:
    rng = np.random.default_rng(2)
    values = rng.random((50, 3))
    values[rng.random((50, 3)) < 0.3] = np.nan
    values[:, 2] = np.nan
    drawn = Bootstrap(50, seed=4)
    for nth, found in enumerate(drawn.means(values)):
        known = ~np.isnan(values[:, nth])
        alone = drawn.mean(np.where(known, values[:, nth], 0.0), known.astype(float))
        assert (found.value, found.low, found.high) == pytest.approx((alone.value, alone.low, alone.high), nan_ok=True)
