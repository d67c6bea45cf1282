"""List metrics against scikit-learn, values worked out by hand, and laws that hold whatever the lists."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from evaluation import ranking

LISTS = np.array([["a", "b", "c", "d"], ["b", "a", "d", "c"], ["x", "y", "z", ""]], dtype=object)
WANTED = [{"a", "d", "q"}, {"c"}, {"a"}]

items = st.sampled_from("abcdefgh")
requests = st.lists(
    st.tuples(st.lists(items, min_size=5, max_size=5), st.frozensets(items, max_size=6)), min_size=1, max_size=8
)


def found() -> ranking.Hits:
    return ranking.hits(LISTS, WANTED)


def test_hits_say_where_the_wanted_items_stand() -> None:
    assert found().found.astype(int).tolist() == [[1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert found().relevant.tolist() == [3, 1, 1]


def test_recall_precision_hit_rate_and_mrr_by_hand() -> None:
    assert ranking.recall_at(found(), 4) == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert ranking.recall_at(found(), 1) == pytest.approx(1 / 9)
    assert ranking.precision_at(found(), 4) == pytest.approx((2 / 4 + 1 / 4 + 0) / 3)
    assert ranking.hit_rate_at(found(), 2) == pytest.approx(1 / 3)
    assert ranking.mrr_at(found(), 4) == pytest.approx((1 + 1 / 4 + 0) / 3)


def test_ndcg_by_hand() -> None:
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    first = (1 + 1 / math.log2(5)) / ideal
    assert ranking.ndcg_at(found(), 4) == pytest.approx((first + 1 / math.log2(5) + 0) / 3)


def test_ndcg_is_scikit_learns_where_every_item_is_ranked() -> None:
    rng = np.random.default_rng(0)
    relevance = (rng.random((20, 30)) < 0.2).astype(float)
    relevance[:, 0] = 1
    scores = rng.random((20, 30))
    order = np.argsort(-scores, axis=1)
    wanted = [set(np.flatnonzero(row)) for row in relevance]
    assert ranking.ndcg_at(ranking.hits(order, wanted), 10) == pytest.approx(ndcg_score(relevance, scores, k=10))


def test_requests_with_nothing_to_find_are_left_out() -> None:
    assert len(ranking.hits(LISTS, [set(), {"c"}, set()])) == 1
    assert math.isnan(ranking.recall_at(ranking.hits(LISTS, [set(), set(), set()]), 3))
    assert math.isnan(ranking.ndcg_at(ranking.hits([], []), 3))


def test_an_item_recommended_twice_counts_once_and_an_empty_place_never() -> None:
    twice = ranking.hits([["a", "a", ""]], [{"a", ""}])
    assert twice.found.tolist() == [[True, False, False]]
    assert ranking.recall_at(twice, 3) == 1.0


def test_lists_and_requests_must_be_equally_many() -> None:
    with pytest.raises(ValueError, match="3 lists for 2 requests"):
        ranking.hits(LISTS, WANTED[:2])


def test_coverage_and_gini_by_hand() -> None:
    counts = ranking.exposures(LISTS[:2], ["a", "b", "c", "d", "never", "too"])
    assert counts.tolist() == [2, 2, 2, 2, 0, 0]
    assert ranking.coverage(counts) == pytest.approx(4 / 6)
    assert ranking.gini(np.array([5, 5, 5])) == pytest.approx(0.0)
    assert ranking.gini(np.array([0, 0, 0, 9])) == pytest.approx(3 / 4), "(n - 1) / n when one item has all"
    assert math.isnan(ranking.gini(np.array([0, 0])))
    assert math.isnan(ranking.coverage(np.zeros(0, dtype=np.int64)))


@settings(deadline=None)
@given(requests, st.integers(1, 7))
def test_every_metric_lies_in_0_1_and_recall_grows_with_k(
    asked: list[tuple[list[str], frozenset[str]]], k: int
) -> None:
    lists, wanted = [listed for listed, _ in asked], [set(relevant) for _, relevant in asked]
    found = ranking.hits(lists, wanted)
    if not len(found):
        return
    metrics = (ranking.recall_at, ranking.precision_at, ranking.hit_rate_at, ranking.ndcg_at, ranking.mrr_at)
    assert all(0 <= metric(found, k) <= 1 + 1e-12 for metric in metrics)
    assert ranking.recall_at(found, k) <= ranking.recall_at(found, k + 1)


@settings(deadline=None)
@given(st.frozensets(items, min_size=1), st.integers(1, 10))
def test_the_best_order_has_an_ndcg_of_1(wanted: frozenset[str], k: int) -> None:
    best = [sorted(wanted) + sorted(set("abcdefgh") - wanted)]
    assert ranking.ndcg_at(ranking.hits(best, [wanted]), k) == pytest.approx(1.0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any))
def test_gini_lies_below_1_and_does_not_depend_on_order_or_scale(counts: list[int]) -> None:
    value = ranking.gini(np.array(counts))
    assert -1e-12 <= value < 1
    assert ranking.gini(np.array(counts[::-1]) * 3) == pytest.approx(value)
