from __future__ import annotations

import numpy as np
import pytest

from serving.slate.diversity import LEAST, DeterminantalPointProcess, likeness
from serving.slate.pool import Floats
from surfaces.slate import Slate
from tests.serving.slate.pools import drawn, pool_of, shown


def unit(*rows: list[float]) -> Floats:
    vectors = np.array(rows, dtype=np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_likeness_is_a_half_for_the_topic_and_a_half_for_the_creator() -> None:
    pool = pool_of([0, 0, 1, -1], topics=[5, 6, 5, -1])
    assert likeness(pool, 0).tolist() == [1.0, 0.5, 0.5, 0.0]
    assert likeness(pool, 3).tolist() == [0.0, 0.0, 0.0, 0.0]


def test_likeness_of_vectors_is_their_cosine() -> None:
    pool = pool_of([0, 1, 2], vectors=unit([1, 0], [1, 1], [0, 2]))
    assert likeness(pool, 0) == pytest.approx([1.0, np.sqrt(0.5), 0.0])


@pytest.mark.parametrize("kind", ["mmr", "dpp"])
def test_the_like_of_what_stands_above_gives_way_to_what_is_other(kind: str) -> None:
    pool = pool_of([0, 1, 2, 3], vectors=unit([1, 0], [1, 0.01], [0, 1], [0.01, 1]))
    diverse = Slate.model_validate({"diversity": {"kind": kind, "trade": 0.5, "by": "two_tower"}})
    assert shown(drawn(pool, Slate(), 4)) == [0, 1, 2, 3]
    assert shown(drawn(pool, diverse, 2)) == [0, 2]
    indifferent = Slate.model_validate({"diversity": {"kind": kind, "trade": 1.0, "by": "two_tower"}})
    assert shown(drawn(pool, indifferent, 4)) == [0, 1, 2, 3]


def test_mmr_scores_are_the_formula() -> None:
    pool = pool_of([0, 0, 1], topics=[5, 6, 5])
    slate = Slate.model_validate({"diversity": {"kind": "mmr", "trade": 0.6}})
    # Relevance 1, 0.5, 0; after item 0 both others are half like it.
    assert shown(drawn(pool, slate, 3)) == [0, 1, 2]


def test_the_residuals_of_the_dpp_are_those_of_the_determinant() -> None:
    """det(S_{A+i}) / det(S_A) is what remains of i."""
    rng = np.random.default_rng(0)
    vectors = unit(*rng.normal(size=(6, 8)).tolist())
    pool = pool_of(list(range(6)), vectors=vectors)
    process, kernel = DeterminantalPointProcess(pool, 0.0), (vectors @ vectors.T).astype(np.float64)
    for count, taken in enumerate(([2], [2, 5], [2, 5, 0]), start=1):
        process.take(taken[-1])
        for item in set(range(6)) - set(taken):
            rows = [*taken, item]
            ratio = np.linalg.det(kernel[np.ix_(rows, rows)]) / np.linalg.det(kernel[np.ix_(taken, taken)])
            assert process.scores()[item] == pytest.approx(np.log(max(ratio, LEAST)), abs=1e-4), count
