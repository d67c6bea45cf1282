from __future__ import annotations

import os

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from models.als import ALS
from models.als_training import GRID
from models.interface import Interactions, Requests
from models.matrix import user_item
from models.vocabulary import Vocabulary
from tests.models.tiny import NOTHING, catalogue, everything, interactions, request, two_groups


def noise(users: int = 300, items: int = 120, seed: int = 0) -> Interactions:
    rng = np.random.default_rng(seed)
    pairs = sorted(
        {
            (int(u), int(i))
            for u, i in zip(rng.integers(users, size=4000), rng.zipf(1.3, size=4000) % items, strict=True)
        }
    )
    return interactions((f"u{u}", f"i{i}", float(1 + (u + i) % 3), n) for n, (u, i) in enumerate(pairs))


ITEMS = catalogue([f"i{n}" for n in range(120)])


def fitted(train: Interactions, **config: float) -> ALS:
    model = ALS(**{"embedding_size": 16, "epochs": 5, **config})  # type: ignore[arg-type]
    model.fit(train, interactions(NOTHING), ITEMS, 3)
    return model


def test_two_fits_have_the_same_bits_whatever_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    first = fitted(noise())
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    again = fitted(noise())
    assert first.vectors.tobytes() == again.vectors.tobytes()
    assert first.user_vectors.tobytes() == again.user_vectors.tobytes()


def test_another_seed_gives_other_factors() -> None:
    model = ALS(embedding_size=16, epochs=5)
    model.fit(noise(), interactions(NOTHING), ITEMS, 4)
    assert not np.allclose(model.vectors, fitted(noise()).vectors)


def test_the_blas_limit_ends_with_the_fit() -> None:
    before = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    fitted(noise())
    after = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert after[: len(before)] == before


def test_folding_in_equals_the_factor_of_the_same_responses() -> None:
    """A stranger whose history is what `twin` responded to, each with weight 1, gets twin's factor."""
    train = noise()
    twin = interactions([("twin", item, 1.0, n) for n, item in enumerate(["i1", "i2", "i7"])])
    both = Interactions(
        *(
            np.concatenate([getattr(train, part), getattr(twin, part)])
            for part in ("users", "items", "weights", "times")
        )
    )
    model = fitted(both)
    queries, known = model.query_vectors(Requests(["twin", None], [[], ["i1", "i2", "i7"]], [[], []]))
    assert known.tolist() == [True, True]
    np.testing.assert_allclose(queries[0], queries[1], rtol=1e-3, atol=1e-4)


def test_folding_in_solves_the_normal_equations() -> None:
    model = fitted(noise(), alpha=7.0, regularization=0.5)
    rows = model.items.rows(["i3", "i5"])
    factor = model.folded_in(rows)
    confidence = np.ones(len(model.items))
    confidence[rows] = 8.0
    preference = np.zeros(len(model.items))
    preference[rows] = 1.0
    y = model.vectors.astype(np.float64)
    left = y.T @ np.diag(confidence) @ y + 0.5 * np.eye(16)
    np.testing.assert_allclose(left @ factor, y.T @ (confidence * preference), rtol=1e-3, atol=1e-4)


def test_weights_of_the_same_pair_add_up() -> None:
    rows = [("u", "a", 1.0, 1), ("u", "a", 2.5, 2), ("v", "b", 1.0, 3)]
    matrix = user_item(interactions(rows), Vocabulary.of("uv"), Vocabulary.of("ab"))
    assert matrix.toarray().tolist() == [[3.5, 0.0], [0.0, 1.0]]


def test_items_nobody_responded_to_have_no_vector() -> None:
    model = ALS(embedding_size=4, epochs=2)
    model.fit(two_groups(), interactions(NOTHING), catalogue([*everything().item_ids, "untouched"]), 1)
    assert "untouched" not in model.item_ids
    assert model.item_vectors.shape == (12, 4)


def test_items_outside_the_catalogue_inform_but_are_not_offered() -> None:
    inside = [item for item in everything().item_ids if item != "jazz-0"]
    model = ALS(embedding_size=2, epochs=6, regularization=0.1)
    model.fit(two_groups(), interactions(NOTHING), catalogue(inside), 1)
    assert "jazz-0" not in model.item_ids
    answer = model.recommend(request(None, ["jazz-0"]), 5)
    assert all(item.startswith("jazz") for item in answer.items[0])


def test_validation_chooses_from_the_grid_and_stops_early() -> None:
    model = ALS(embedding_size=4, epochs=30)
    later = interactions([(f"jazz-user-{n}", f"jazz-{n % 6}", 1.0, 99) for n in range(24)])
    report = model.fit(two_groups(), later, everything(), 1)
    assert (report.parameters["regularization"], report.parameters["alpha"]) in GRID
    assert report.parameters["epochs"] < 30
    assert report.parameters["choose"] is False
    curve = report.curves["validation_recall@50"]
    assert max(curve) == report.metrics["validation_recall@50"]


def test_what_was_set_is_kept_when_the_model_may_not_choose() -> None:
    model = ALS(embedding_size=4, epochs=6, regularization=0.3, alpha=5.0, choose=False)
    later = interactions([(f"jazz-user-{n}", f"jazz-{n % 6}", 1.0, 99) for n in range(24)])
    report = model.fit(two_groups(), later, everything(), 1)
    assert (report.parameters["regularization"], report.parameters["alpha"]) == (0.3, 5.0)
