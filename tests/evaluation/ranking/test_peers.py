"""The list metrics beside ranx and scikit-learn, on random lists: equal to 1e-9."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score
from sklearn.metrics import log_loss as peer_log_loss

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # on inputs this small, compiling takes longer than Python
import ranx.metrics as peer
from ranx.metrics import ndcg_burges

from evaluation import heads, ranking

ITEMS = [f"i{n:02}" for n in range(12)]
CLOSE = 1e-9

listed = st.permutations(ITEMS).map(lambda order: order[:8])
graded = st.dictionaries(st.sampled_from(ITEMS), st.integers(1, 4).map(float), min_size=1, max_size=7)
requests = st.lists(st.tuples(listed, graded), min_size=1, max_size=6)
depths = st.integers(1, 8)


def qrels(wanted: Mapping[str, float]) -> np.ndarray:
    """(1, r, 2) as ranx takes them: item number and grade, the highest first."""
    return np.array([[[ITEMS.index(item), grade] for item, grade in sorted(wanted.items(), key=lambda one: -one[1])]])


def run(order: list[str]) -> np.ndarray:
    """(1, k, 2): item number and a score that falls with rank."""
    return np.array([[[ITEMS.index(item), 100.0 - rank] for rank, item in enumerate(order)]])


@settings(deadline=None, max_examples=60)
@given(requests, depths)
def test_list_metrics_are_those_of_ranx(asked: list[tuple[list[str], dict[str, float]]], k: int) -> None:
    found = ranking.hits([order for order, _ in asked], [wanted for _, wanted in asked])
    pairs = {
        "recall": peer.recall,
        "precision": peer.precision,
        "hit_rate": peer.hit_rate,
        "mrr": peer.reciprocal_rank,
        "map": peer.average_precision,
    }
    for name, theirs in pairs.items():
        mine = ranking.METRICS[name](found, k)
        for value, (order, wanted) in zip(mine, asked, strict=True):
            assert value == pytest.approx(float(theirs(qrels(wanted), run(order), k, 1)[0]), abs=CLOSE), name


@settings(deadline=None, max_examples=60)
@given(requests, depths)
def test_graded_ndcg_is_that_of_ranx_with_either_gain(asked: list[tuple[list[str], dict[str, float]]], k: int) -> None:
    found = ranking.hits([order for order, _ in asked], [wanted for _, wanted in asked])
    linear, exponential = ranking.ndcg(found, k), ranking.ndcg(found, k, "exponential")
    for mine, burges, (order, wanted) in zip(linear, exponential, asked, strict=True):
        assert mine == pytest.approx(float(peer.ndcg(qrels(wanted), run(order), k, 1)[0]), abs=CLOSE)
        assert burges == pytest.approx(float(ndcg_burges(qrels(wanted), run(order), k, 1)[0]), abs=CLOSE)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), depths)
def test_graded_ndcg_and_average_precision_are_those_of_scikit_learn(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    grades = rng.integers(0, 4, (5, 12)).astype(float)
    grades[:, 0] = 1
    scores = rng.permuted(np.tile(np.arange(12.0), (5, 1)), axis=1)
    wanted = [dict(enumerate(row.tolist())) for row in grades]
    found = ranking.hits(ranking.ranked(scores, 12), wanted)
    assert ranking.ndcg_at(found, k) == pytest.approx(ndcg_score(grades, scores, k=k), abs=CLOSE)
    theirs = [average_precision_score(row > 0, score) for row, score in zip(grades, scores, strict=True)]
    assert ranking.average_precision(found, 12) == pytest.approx(np.array(theirs), abs=CLOSE)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.booleans())
def test_auc_and_log_loss_are_those_of_scikit_learn_with_and_without_ties(seed: int, tied: bool) -> None:
    rng = np.random.default_rng(seed)
    labels = np.append(rng.integers(0, 2, 40), [0, 1]).astype(np.float64)
    predicted = rng.integers(1, 5, 42) / 6 if tied else rng.uniform(0.01, 0.99, 42)
    assert heads.auc(labels, predicted) == pytest.approx(roc_auc_score(labels, predicted), abs=CLOSE)
    assert heads.log_loss(labels, predicted) == pytest.approx(peer_log_loss(labels, predicted), abs=CLOSE)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_grouped_auc_is_the_weighted_mean_of_scikit_learns_by_group(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, labels = rng.integers(0, 4, 60), rng.integers(0, 2, 60).astype(np.float64)
    predicted = rng.integers(0, 9, 60) / 10
    parts = [groups == group for group in range(4) if len(set(labels[groups == group])) == 2]
    theirs = [roc_auc_score(labels[part], predicted[part]) for part in parts]
    expected = np.average(theirs, weights=[part.sum() for part in parts])
    assert heads.grouped_auc(labels, predicted, groups) == pytest.approx(expected, abs=CLOSE)
