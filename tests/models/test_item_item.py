from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.cooccurrence import NORMALISATIONS, Cooccurrence, neighbours, recency_weights
from models.item_item import RECENCIES, ItemItem
from schemas.errors import UserError
from tests.models.tiny import NOTHING, catalogue, everything, interactions, offered, request, two_groups

# Three users: {a, b}, {a, b}, {a, c}. So c_a = 3, c_b = 2, c_c = 1, c_ab = 2, c_ac = 1, c_bc = 0.
COUNTED = Cooccurrence.count(
    sp.csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1]], np.float32)), np.ones(3, np.bool_)
)


@pytest.mark.parametrize(
    ("normalisation", "ab", "ba", "ac"),
    [
        ("cosine", 2 / 6**0.5, 2 / 6**0.5, 1 / 3**0.5),
        ("asymmetric_cosine", 2 / (3**0.7 * 2**0.3), 2 / (2**0.7 * 3**0.3), 1 / 3**0.7),
        ("conditional", 2 / 3, 1.0, 1 / 3),
        ("lift", 2 / 6, 2 / 6, 1 / 3),
        ("jaccard", 2 / 3, 2 / 3, 1 / 3),
    ],
)
def test_normalisations_by_hand(normalisation: str, ab: float, ba: float, ac: float) -> None:
    similar = COUNTED.similarities(normalisation).toarray()
    assert [similar[0, 1], similar[1, 0], similar[0, 2]] == pytest.approx([ab, ba, ac])
    assert similar[1, 2] == 0
    assert not similar.diagonal().any()


def test_every_normalisation_is_tested_by_hand() -> None:
    assert set(NORMALISATIONS) == {"cosine", "asymmetric_cosine", "conditional", "lift", "jaccard"}


def test_items_that_may_not_be_recommended_are_no_neighbours() -> None:
    matrix = sp.csr_matrix(np.ones((2, 3), np.float32))
    pairs = Cooccurrence.count(matrix, np.array([True, False, True])).pairs.toarray()
    assert not pairs[:, 1].any()
    assert pairs[1].tolist() == [2, 0, 2]


@given(arrays(np.float32, (6, 9), elements=st.integers(0, 50).map(float)), st.integers(1, 9))
def test_neighbours_keeps_the_largest_of_each_row(dense: np.ndarray, k: int) -> None:
    kept = neighbours(sp.csr_matrix(dense), k).toarray()
    for before, after in zip(dense, kept, strict=True):
        assert sorted(after, reverse=True)[:k] == sorted(before, reverse=True)[:k]
        assert np.count_nonzero(after) == min(k, np.count_nonzero(before))


def test_recency_weights() -> None:
    assert recency_weights(3, 0.5).tolist() == [0.25, 0.5, 1.0]
    assert recency_weights(2, 1.0).tolist() == [1.0, 1.0]
    assert recency_weights(0, 0.5).tolist() == []


def test_scores_are_the_weighted_sum_over_the_history() -> None:
    train = interactions([(u, i, 1.0, n) for n, (u, i) in enumerate(["1a", "1b", "2a", "2b", "3a", "3c"])])
    model = ItemItem(normalisation="conditional", recency=0.5, choose=False)
    model.fit(train, interactions(NOTHING), catalogue(["a", "b", "c"]), 0)
    answer = model.recommend(request(None, ["b", "c"], ["c"]), 3)
    assert offered(answer) == ["a"]
    assert answer.scores[0, 0] == pytest.approx(0.5 * 1.0 + 1.0 * 1.0)


def test_only_the_last_items_of_a_history_count() -> None:
    model = ItemItem(history=1, choose=False)
    model.fit(two_groups(), interactions(NOTHING), everything(), 0)
    answer = model.recommend(request(None, ["jazz-1", "rock-1"]), 12)
    assert all(item.startswith("rock") for item in offered(answer))


def test_validation_chooses_and_reports_every_setting() -> None:
    later = interactions([(f"jazz-user-{n}", f"jazz-{n % 6}", 1.0, 99) for n in range(24)])
    model = ItemItem()
    report = model.fit(two_groups(), later, everything(), 0)
    settings = {key: value for key, value in report.metrics.items() if key.count("/") == 2}
    assert len(settings) == len(NORMALISATIONS) * len(RECENCIES)
    assert report.metrics["validation_recall@50"] == max(settings.values())
    assert (model.normalisation, model.recency) == (report.parameters["normalisation"], report.parameters["recency"])


def test_an_unknown_normalisation_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(UserError, match=r"'cosin'.*jaccard"):
        ItemItem(normalisation="cosin")
