from __future__ import annotations

import math

import numpy as np
import pytest

from evaluation import heads
from evaluation.auc import auc_by_user, auc_difference, auc_interval
from evaluation.intervals import units_of


def drawn(seed: int, users: int = 200, rows: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(labels, scores, users): a user's mood moves its labels and its scores, so its rows are not independent."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(users), rows)
    mood = rng.normal(0, 1, users)[who]
    score = mood + rng.normal(0, 1, len(who))
    return (rng.random(len(who)) < 1 / (1 + np.exp(-score))).astype(float), score, who


def test_the_value_is_the_auc_and_lies_inside() -> None:
    labels, score, who = drawn(0)
    found = auc_interval(labels, score, who)
    assert found.value == pytest.approx(heads.auc(labels, score), abs=1e-12)
    assert found.low < found.value < found.high


def test_without_clusters_it_is_the_error_of_delong() -> None:
    labels, score, _ = drawn(1, users=100, rows=1)
    above = [np.mean((score[labels == 0] < s) + 0.5 * (score[labels == 0] == s)) for s in score[labels == 1]]
    below = [np.mean((score[labels == 1] > s) + 0.5 * (score[labels == 1] == s)) for s in score[labels == 0]]
    error = math.sqrt(np.var(above, ddof=1) / len(above) + np.var(below, ddof=1) / len(below))
    found = auc_interval(labels, score, np.arange(100))
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(error, rel=0.02)


def test_the_difference_of_a_model_to_itself_is_nothing_and_to_a_worse_one_plain() -> None:
    labels, score, who = drawn(2)
    same = auc_difference(labels, score, 3 * score, who)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    worse = score + np.random.default_rng(9).normal(0, 1, len(score))
    found = auc_difference(labels, score, worse, who)
    assert found.low > 0
    alone = auc_interval(labels, score, who)
    assert found.high - found.low < alone.high - alone.low


def test_null_labels_are_left_out_and_one_kind_has_no_auc() -> None:
    labels = np.array([1.0, 0.0, np.nan, 1.0, 0.0])
    found = auc_interval(labels, np.array([0.9, 0.1, 0.5, 0.8, 0.85]), np.arange(5))
    assert found.value == 0.75
    assert math.isnan(auc_interval(np.ones(3), np.zeros(3), np.arange(3)).value)
    with pytest.raises(ValueError, match="not of the same rows"):
        auc_difference(labels, np.zeros(5), np.zeros(4), np.arange(5))


def test_auc_by_user_is_the_grouped_auc() -> None:
    rng = np.random.default_rng(4)
    labels, score, who = rng.integers(0, 2, 300).astype(float), rng.integers(0, 6, 300) / 6, rng.integers(0, 60, 300)
    units = units_of(who)
    found, rows = auc_by_user(labels, score, units)
    both = ~np.isnan(found)
    assert np.average(found[both], weights=rows[both]) == pytest.approx(heads.grouped_auc(labels, score, who))


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """1,000 samples of 200 users whose rows move together; the truth from a sample a thousand times as large."""
    labels, score, _ = drawn(99, users=200_000)
    truth = heads.auc(labels, score)
    found = [auc_interval(*drawn(seed)) for seed in range(1000)]
    inside = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.935 <= inside <= 0.965
    loose = [auc_interval(*drawn(seed)[:2], np.arange(4000)) for seed in range(300)]
    assert np.mean([one.low <= truth <= one.high for one in loose]) < 0.93, "users are the units, not rows"
