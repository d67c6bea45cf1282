from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.index import KINDS, ItemIndex
from models.index_recall import EXACT_BELOW, Judge, choose, segments
from models.interface import Floats
from schemas.errors import UserError

WAYS = [
    ("pq", False),
    ("ivf_pq", False),
    ("hnsw", False),
    ("hnsw", True),
    ("ivf_flat", False),
    ("ivf_flat", True),
    ("flat", False),
]
every_way = pytest.mark.parametrize(("kind", "augmented"), WAYS)


def unit_vectors(n: int, d: int = 16, seed: int = 0) -> Floats:
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS = unit_vectors(3000)
QUERIES = unit_vectors(50, seed=1)


@every_way
def test_the_best_is_the_largest_inner_product(kind: str, augmented: bool) -> None:
    vectors = np.vstack([np.eye(4, dtype=np.float32), 2 * np.eye(4, dtype=np.float32)[:1]])
    index = ItemIndex.build(kind, vectors, 0, augmented=augmented)
    scores, rows = index.search(np.array([[1, 0.1, 0, 0], [0, 0, 1, 0.1]], np.float32), 2)
    assert rows[0].tolist() == [4, 0]
    assert rows[1, 0] == 2
    np.testing.assert_allclose(scores[0], [2.0, 1.0], atol=1e-5)


@every_way
def test_scores_are_inner_products_and_descend(kind: str, augmented: bool) -> None:
    vectors = VECTORS * np.linspace(0.2, 3, len(VECTORS), dtype=np.float32)[:, None]
    scores, rows = ItemIndex.build(kind, vectors, 0, augmented=augmented).search(QUERIES, 20)
    exact = np.take_along_axis(QUERIES @ vectors.T, rows, axis=1)
    np.testing.assert_allclose(scores, exact, atol=1e-4)
    assert (np.diff(scores, axis=1) <= 1e-5).all()


@every_way
def test_built_twice_and_loaded_it_answers_the_same(kind: str, augmented: bool, tmp_path: Path) -> None:
    first, second = (ItemIndex.build(kind, VECTORS, 5, augmented=augmented) for _ in range(2))
    first.save(tmp_path / "a.faiss")
    second.save(tmp_path / "b.faiss")
    assert (tmp_path / "a.faiss").read_bytes() == (tmp_path / "b.faiss").read_bytes()
    loaded = ItemIndex.load(tmp_path / "a.faiss")
    assert (loaded.kind, loaded.augmented, len(loaded)) == (kind, augmented, len(VECTORS))
    for before, after in zip(first.search(QUERIES, 30), loaded.search(QUERIES, 30), strict=True):
        np.testing.assert_array_equal(before, after)


@every_way
def test_k_beyond_the_items_is_filled_with_nothing(kind: str, augmented: bool) -> None:
    scores, rows = ItemIndex.build(kind, VECTORS[:3], 0, augmented=augmented).search(QUERIES[:2], 5)
    assert sorted(rows[0, :3].tolist()) == [0, 1, 2]
    assert (rows[:, 3:] == -1).all()
    assert np.isneginf(scores[:, 3:]).all()


@every_way
def test_an_empty_index_finds_nothing(kind: str, augmented: bool) -> None:
    index = ItemIndex.build(kind, np.zeros((0, 4), np.float32), 0, augmented=augmented)
    assert (index.search(np.ones((1, 4), np.float32), 2)[1] == -1).all()


def test_unknown_kinds_and_missing_files_are_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'hsnw'"):
        ItemIndex.build("hsnw", VECTORS, 0)
    with pytest.raises(UserError, match="no index at"):
        ItemIndex.load(tmp_path / "nothing.faiss")


def test_segments_by_responses_and_age() -> None:
    responses = np.array([60, 20, 10, 8, 2], np.float32)
    created = np.array([0, 5, 100, 0, 0], np.int64)
    parts = segments(responses, created, newest=100)
    assert parts["head"].tolist() == [True, False, False, False, False]
    assert parts["tail"].tolist() == [False, True, True, True, True]
    assert parts["new"].tolist() == [False, False, True, False, True]


def test_segments_without_responses_have_no_head() -> None:
    parts = segments(np.zeros(3, np.float32), np.zeros(3, np.int64), newest=1)
    assert not parts["head"].any()
    assert parts["new"].all()


def test_exact_search_has_recall_one_in_every_segment_it_meets() -> None:
    parts = segments(np.arange(len(VECTORS), dtype=np.float32), np.zeros(len(VECTORS), np.int64), 1)
    recall = Judge(VECTORS, QUERIES, 100, parts).recall(ItemIndex.build("flat", VECTORS, 0))
    assert (recall.overall, recall.head, recall.tail) == (1.0, 1.0, 1.0)


def test_recall_is_the_share_of_the_exact_answers_found() -> None:
    """An index that lacks the tail half finds all of the head and nothing of the tail."""
    vectors = unit_vectors(200, d=2)
    half = np.arange(200) < 100
    without = ItemIndex.build("flat", np.where(half[:, None], vectors, -100 * np.ones(2, np.float32)), 0)
    queries = np.abs(unit_vectors(20, d=2, seed=3))
    recall = Judge(vectors, queries, 10, {"head": half, "tail": ~half, "new": half & ~half}).recall(without)
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    assert recall.overall == pytest.approx(float(half[exact].mean()))
    assert (recall.head, recall.tail, recall.new) == (1.0, 0.0, None)


def test_the_first_kind_that_reaches_the_bar_is_taken() -> None:
    index, attempts = choose(Judge(VECTORS, QUERIES, 100, {}), KINDS, 0.9, 0)
    assert (index.kind, len(attempts)) == ("pq", 1)
    assert attempts[0].recall.overall >= 0.9


def test_exact_search_is_the_last_resort_and_reaches_any_bar() -> None:
    """Factors of very different norms, as ALS gives: the graph finds few of the exact answers."""
    norms = np.random.default_rng(2).lognormal(sigma=2.0, size=(6_000, 1)).astype(np.float32)
    vectors = unit_vectors(6_000, d=32) * norms
    index, attempts = choose(Judge(vectors, unit_vectors(30, d=32, seed=1), 100, {}), KINDS, 1.0, 0)
    assert index.kind == "flat" or attempts[-1].recall.overall == 1.0
    tried = [way for way in WAYS if way[0] != "ivf_pq"]
    assert [(attempt.kind, attempt.augmented) for attempt in attempts] == tried[: len(attempts)]
    assert all(attempt.recall.overall < 1.0 for attempt in attempts[:-1])
    assert attempts[-1].recall.overall == 1.0


def test_a_large_catalogue_has_lists_and_visits_no_more_of_them_than_the_bar_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("models.index_recall.LISTS_FROM", 2000)
    centres = 2 * unit_vectors(50)
    vectors = np.asarray(centres[np.arange(3000) % 50] + 3 * unit_vectors(3000, seed=2), np.float32)
    judge = Judge(vectors, vectors[:50], 10, {})
    easy, attempts = choose(judge, KINDS, 0.5, 0)
    hard, more = choose(judge, KINDS, attempts[0].recall.overall + 0.01, 0)
    assert (easy.kind, hard.kind, len(attempts), len(more)) == ("ivf_pq", "ivf_pq", 1, 1)
    assert attempts[0].recall.overall < more[0].recall.overall
    hard.save(tmp_path / "hard.faiss")
    assert judge.recall(ItemIndex.load(tmp_path / "hard.faiss")) == more[0].recall


def test_small_catalogues_and_those_without_queries_are_searched_exactly() -> None:
    few, _ = choose(Judge(VECTORS[: EXACT_BELOW - 1], QUERIES, 100, {}), KINDS, 0.5, 0)
    unasked, attempts = choose(Judge(VECTORS, QUERIES[:0], 100, {}), KINDS, 0.5, 0)
    assert (few.kind, unasked.kind) == ("flat", "flat")
    assert len(attempts) == 1


def test_the_work_of_a_search_is_what_it_reads() -> None:
    flat, coded = (ItemIndex.build(kind, VECTORS, 0) for kind in ("flat", "pq"))
    assert flat.work(10) == (3000 * 16 * 4, 0)
    assert coded.work(10) == (3000 * 8, 500)
    assert coded.work(400) == (3000 * 8, 800)
    lists = ItemIndex.build("ivf_pq", VECTORS, 0)
    before, _ = lists.work(10)
    assert lists.widen()
    assert before < lists.work(10)[0] < coded.work(10)[0] + 55 * 16 * 4
