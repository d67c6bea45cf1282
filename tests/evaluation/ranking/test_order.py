"""Ties: broken by row in a list, and averaged over every order of the tied where a rank is asked for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import ranking
from evaluation.ranking import Places, places


def test_equal_scores_are_listed_in_the_order_of_rows_and_no_score_is_no_item() -> None:
    scores = np.array([[1.0, 3.0, 3.0, 2.0], [np.nan, 1.0, -np.inf, 1.0]])
    assert ranking.ranked(scores, 3).tolist() == [[1, 2, 3], [1, 3, -1]]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=6), st.integers(1, 6))
def test_expected_figures_are_the_mean_over_every_order_of_the_tied(levels: list[int], k: int) -> None:
    scores, n = np.array([levels], dtype=np.float64), len(levels)
    found = places(scores, np.array([0]))
    orders = [
        order
        for order in itertools.permutations(range(n))
        if all(levels[a] >= levels[b] for a, b in itertools.pairwise(order))
    ]
    ranks = np.array([order.index(0) for order in orders])
    assert found.hit_rate(k) == pytest.approx((ranks < k).mean())
    assert found.ndcg(k) == pytest.approx(np.where(ranks < k, 1 / np.log2(ranks + 2), 0).mean())
    assert found.mrr(k) == pytest.approx(np.where(ranks < k, 1 / (ranks + 1), 0).mean())
    assert found.hit_rate(k, "best") == (ranks.min() < k)
    assert found.hit_rate(k, "worst") == (ranks.max() < k)


def test_the_share_of_ties_is_told() -> None:
    assert places(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([0, 0])).ambiguous == 0.5
    assert np.isnan(Places(np.zeros(0, np.int64), np.zeros(0, np.int64)).hit_rate(10))


def test_an_item_that_cannot_be_recommended_is_not_looked_for() -> None:
    with pytest.raises(ValueError, match="masked or has no score"):
        places(np.array([[1.0, 2.0]]), np.array([0]), np.array([[True, False]]))
    with pytest.raises(ValueError, match="masked or has no score"):
        places(np.array([[np.nan, 2.0]]), np.array([0]))
