from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.interface import Catalogue, Interactions, Requests
from models.item_features import ItemFeatures
from models.two_tower import TwoTower
from models.two_tower_examples import examples
from models.two_tower_network import UserNetwork
from models.two_tower_training import Trainer
from models.user_tower import UserTower, newest_first
from models.validation import METRIC
from models.vocabulary import Vocabulary, strings
from tests.models.tiny import GROUPS, NOTHING, catalogue, everything, interactions, offered, request, two_groups

QUICK = {"embedding_size": 8, "epochs": 12, "batch_size": 32, "learning_rate": 0.05}


def fitted(items: Catalogue | None = None, train: Interactions | None = None, **config: float) -> TwoTower:
    model = TwoTower(**{**QUICK, **config})  # type: ignore[arg-type]
    model.fit(train or two_groups(), interactions(NOTHING), items or everything(), 7)
    return model


def test_the_user_tower_in_numpy_equals_torch() -> None:
    torch.manual_seed(0)
    network = UserNetwork(size=16, length=5, hidden=24)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 16)).astype(np.float32)
    history = newest_first([rng.integers(30, size=n % 8) for n in range(40)], 5)
    there = torch.from_numpy(history >= 0)
    with torch.no_grad():
        expected = network(torch.from_numpy(vectors[np.maximum(history, 0)]) * there[:, :, None], there).numpy()
    np.testing.assert_allclose(network.exported().vectors(vectors, history), expected, atol=1e-5)


def test_every_part_of_the_tower_matters_in_that_comparison() -> None:
    names = {part.name for part in fields(UserTower)}
    assert names == {"position", "attention", "wide", "wide_bias", "narrow", "narrow_bias", "no_history"}


def test_all_vectors_have_unit_length() -> None:
    model = fitted()
    queries, known = model.query_vectors(Requests([None, "x"], [[], ["jazz-1", "rock-2"]], [[], []]))
    assert known.all()
    np.testing.assert_allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(model.item_vectors, axis=1), 1, atol=1e-5)


def test_no_history_has_a_vector_of_its_own_that_was_learned() -> None:
    """Everybody starts with rock-0: that is what somebody without a history is offered."""
    rows = [(f"u{n}", "rock-0", 1.0, 0) for n in range(60)] + [(f"u{n}", "jazz-1", 1.0, 1) for n in range(60)]
    model = fitted(train=interactions(rows))
    assert offered(model.recommend(request(None), 1)) == ["rock-0"]
    assert offered(model.recommend(request(None, ["rock-0"]), 1)) == ["jazz-1"]


def test_the_order_of_a_history_counts() -> None:
    """The next item follows the last one: a -> b -> c -> d -> a ..."""
    ring = "abcdefgh"
    rows = [(f"u{n}", ring[(n + step) % 8], 1.0, step) for n in range(80) for step in range(4)]
    model = fitted(catalogue(list(ring)), interactions(rows), epochs=30, learning_rate=0.02)
    assert offered(model.recommend(request(None, ["b", "c"]), 1)) == ["d"]
    assert offered(model.recommend(request(None, ["c", "b"], ["b"]), 1)) == ["c"]


def test_a_new_item_is_placed_by_its_topic() -> None:
    ids = [*GROUPS[0], *GROUPS[1], "fresh-jazz", "fresh-rock", "fresh-unknown"]
    topics = [*["jazz"] * 6, *["rock"] * 6, "jazz", "rock", "polka"]
    model = fitted(catalogue(ids, topics), id_dropout=0.3)
    assert "fresh-unknown" not in model.item_ids
    near = dict(zip(*(part[0].tolist() for part in _answer(model, ["jazz-0", "jazz-1"])), strict=True))
    assert near["fresh-jazz"] > near["fresh-rock"]


def test_a_new_item_is_placed_by_its_content() -> None:
    ids = [*GROUPS[0], *GROUPS[1], "fresh"]
    nothing = strings("" for _ in ids)
    content = np.array([[1.0, 0.0]] * 6 + [[0.0, 1.0]] * 6 + [[1.0, 0.0]], np.float32)
    model = fitted(Catalogue(strings(ids), nothing, nothing, content, np.zeros(13, np.int64)), id_dropout=0.3)
    jazz, rock = (
        dict(zip(*(p[0].tolist() for p in _answer(model, [item])), strict=True)) for item in ("jazz-0", "rock-0")
    )
    assert jazz["fresh"] > rock["fresh"]


def _answer(model: TwoTower, history: list[str]) -> tuple[np.ndarray, np.ndarray]:
    answer = model.recommend(request(None, history), len(model.item_ids) - len(history))
    return answer.items, answer.scores


def test_two_fits_have_the_same_bits_and_leave_torch_as_it_was() -> None:
    threads, random = torch.get_num_threads(), torch.random.get_rng_state()
    first, again = fitted(), fitted()
    assert first.vectors.tobytes() == again.vectors.tobytes()
    for part in fields(UserTower):
        assert getattr(first.tower, part.name).tobytes() == getattr(again.tower, part.name).tobytes()
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.random.get_rng_state(), random)


def test_another_seed_gives_another_model() -> None:
    model = TwoTower(**QUICK)  # type: ignore[arg-type]
    model.fit(two_groups(), interactions(NOTHING), everything(), 8)
    assert not np.allclose(model.vectors, fitted().vectors)


def test_validation_stops_early_and_the_best_epoch_is_kept() -> None:
    later = interactions([(f"jazz-user-{n}", f"jazz-{n % 6}", 1.0, 99) for n in range(24)])
    model = TwoTower(**{**QUICK, "epochs": 40})  # type: ignore[arg-type]
    report = model.fit(two_groups(), later, everything(), 7)
    recalls = report.curves[METRIC]
    assert len(recalls) < 40
    assert report.parameters["epochs"] == recalls.index(max(recalls)) + 1
    assert report.metrics[METRIC] == max(recalls)


def test_examples_see_only_strictly_earlier_responses_newest_first() -> None:
    rows = [
        ("u", "a", 1.0, 1),
        ("v", "z", 1.0, 1),
        ("u", "c", 3.0, 3),
        ("u", "b", 1.0, 2),
        ("u", "d", 1.0, 3),
        ("u", "e", 1.0, 4),
    ]
    items = Vocabulary.of("abcdez")
    made = examples(interactions(rows), items, length=2)
    named = {
        items.ids[t]: [items.ids[row] for row in h if row >= 0] for t, h in zip(made.targets, made.history, strict=True)
    }
    assert named == {"a": [], "b": ["a"], "c": ["b", "a"], "d": ["b", "a"], "e": ["d", "c"], "z": []}
    assert made.weights.mean() == pytest.approx(1.0)
    assert made.weights[made.targets == items.rows(["c"])[0]] == pytest.approx(3 * 6 / 8)


def test_newest_first_keeps_the_last_items() -> None:
    assert newest_first([np.array([1, 2, 3]), np.array([], np.int64)], 2).tolist() == [[3, 2], [-1, -1]]


def test_expected_counts_are_those_of_the_pools_really_drawn() -> None:
    """The log-Q correction must be the log of how often an item is among a batch's candidates."""
    rows = [(f"u{n}", "ab"[n % 4 == 0], 1.0, n) for n in range(400)]
    model = TwoTower(embedding_size=4, batch_size=40, uniform_negatives=30)
    data = examples(interactions(rows), Vocabulary.of("ab"), 2)
    features = ItemFeatures.of(catalogue(["a", "b", "c"], ["t", "t", "t"]), interactions(rows))
    trainer = Trainer(model, features, data, seed=0)
    assert features.items.ids.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(np.exp(trainer.log_expected.numpy()), [30 + 10, 10 + 10, 10], rtol=1e-5)


def test_features_number_only_what_training_has_seen() -> None:
    ids, creators = strings(["a", "b", "c", "d"]), strings(["x", "", "y", "x"])
    content = np.array([[1, 1], [3, 1], [np.nan, np.nan], [np.nan, 5]], np.float32)
    items = Catalogue(ids, creators, strings([""] * 4), content, np.zeros(4, np.int64))
    features = ItemFeatures.of(items, interactions([("u", "a", 1.0, 1), ("u", "gone", 1.0, 2)]))
    assert features.items.ids.tolist() == ["a", "b", "d", "gone"]
    assert features.recommendable == 3
    assert features.ids.tolist() == [1, 0, 0, 2]
    assert features.creators.tolist() == [1, 0, 1, 0]
    np.testing.assert_allclose(features.content, [[-1, 0], [1, 0], [0, 0], [0, 0]])


def test_an_item_posted_later_gets_the_vector_that_training_would_have_given_it(tmp_path: Path) -> None:
    """The catalogue holds items that nobody responded to; apart from it the item tower places them the same."""
    ids = [*everything().item_ids, "new-jazz", "new-odd"]
    topics = [*(item.split("-")[0] for item in everything().item_ids), "jazz", ""]
    content = np.random.default_rng(0).normal(size=(len(ids), 3)).astype(np.float32)
    items = replace(catalogue(ids, topics), content=content)
    model = fitted(items)
    model.save(tmp_path)
    tower = TwoTower.load(tmp_path).item_tower
    assert tower is not None
    assert tower.content_size == 3
    found, told = tower.vectors(strings(["", ""]), strings(topics[-2:]), content[-2:])
    assert found == pytest.approx(model.vectors[model.items.rows(ids[-2:])], abs=1e-5)
    assert told.tolist() == [True, True]
    nothing = np.full((2, 3), np.nan, np.float32)
    assert tower.vectors(strings(["", "?"]), strings(["jazz", "?"]), nothing)[1].tolist() == [True, False]


def test_a_model_stored_without_an_item_tower_still_answers(tmp_path: Path) -> None:
    model = fitted()
    model.item_tower = None
    model.save(tmp_path)
    loaded = TwoTower.load(tmp_path)
    assert loaded.item_tower is None
    assert offered(loaded.recommend(request(history=["jazz-1"]), 3)) == offered(
        model.recommend(request(history=["jazz-1"]), 3)
    )
