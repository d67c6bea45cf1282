from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluation.propensity import binomial_z, bonferroni_z, inverse_propensity, mean_weight


def test_a_count_as_expected_is_near_zero_and_one_far_off_is_far() -> None:
    z = binomial_z(np.array([500, 550, 0]), 1000, np.array([0.5, 0.5, 0.5]))
    assert z[0] < 0.1
    assert z[1] == pytest.approx(50 / np.sqrt(250), rel=0.05)
    assert z[2] > 30


def test_the_impossible_is_infinitely_far_and_the_certain_is_not() -> None:
    assert binomial_z(np.array([1, 0, 10]), 10, np.array([0.0, 0.0, 1.0])).tolist() == [np.inf, 0.0, 0.0]


def test_rare_items_are_judged_exactly() -> None:
    z = binomial_z(np.array([3]), 1000, np.array([0.0005]))
    assert z[0] == pytest.approx(stats.norm.isf(stats.binom.sf(2, 1000, 0.0005)))


def test_the_bound_grows_with_what_is_looked_at() -> None:
    assert bonferroni_z(1, 0.05) == pytest.approx(1.96, abs=0.001)
    assert bonferroni_z(10_000) > bonferroni_z(100) > 4.5


def test_weights_of_a_policy_on_its_own_logs_are_one_and_its_estimate_is_the_mean() -> None:
    rng = np.random.default_rng(0)
    probabilities, rewards = rng.uniform(0.01, 1.0, 500), rng.random(500)
    assert mean_weight(probabilities, probabilities) == (1.0, 0.0)
    assert inverse_propensity(rewards, probabilities, probabilities) == rewards.mean()


def test_weights_of_another_policy_have_mean_one() -> None:
    rng = np.random.default_rng(1)
    logged, target = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.2, 0.7])
    drawn = rng.choice(3, 20_000, p=logged)
    mean, error = mean_weight(target[drawn], logged[drawn])
    assert abs(mean - 1.0) < 3 * error
