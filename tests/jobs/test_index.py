from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jobs.gold.training_data import catalogue, interactions, item_rows
from jobs.index import build, run, user_vectors
from jobs.night import Night
from jobs.train_retrieval import run as train
from models.als import ALS
from models.index import ItemIndex
from models.interface import FactorRetriever, Requests
from models.registry import load
from models.vocabulary import Vocabulary, strings
from schemas.errors import UserError
from tests.jobs.silver_rows import item, shown, write_items, write_labelled
from tests.jobs.test_train_retrieval import quick, rows
from tests.models.tiny import GROUPS


@pytest.fixture
def trained(night: Night) -> Night:
    write_items(night, [item(item_id, topic=item_id[:4]) for group in GROUPS for item_id in group])
    write_labelled(night, rows())
    small = quick(night)
    for source in small.surface.retrieval:
        train(small, source)
    return small


def test_each_factor_model_is_indexed_and_measured(trained: Night) -> None:
    report = run(trained)
    content = json.loads((trained.artifact("index") / "index.json").read_text())
    assert set(content) == {"als", "two_tower"}
    for source, entry in content.items():
        assert (entry["kind"], entry["recall"]["overall"], entry["recall_at"]) == ("flat", 1.0, 100)
        model = load(source, trained.artifact(source))
        assert isinstance(model, FactorRetriever)
        assert (
            entry["items"] == len(model.item_ids) == len(ItemIndex.load(trained.artifact("index") / f"{source}.faiss"))
        )
        assert entry["queries"] == 24
    assert report.rows == sum(entry["items"] for entry in content.values())
    assert [line.split(":")[0] for line in report.gates] == [
        "pass    index/als/recall@100",
        "pass    index/two_tower/recall@100",
    ]


def test_the_index_finds_what_the_model_recommends(trained: Night) -> None:
    run(trained)
    model = load("als", trained.artifact("als"))
    assert isinstance(model, FactorRetriever)
    asked = Requests(["u0"], [["jazz-0"]], [[]])
    _, near = ItemIndex.load(trained.artifact("index") / "als.faiss").search(model.query_vectors(asked)[0], 3)
    assert model.item_ids[near[0]].tolist() == model.recommend(asked, 3).items[0].tolist()


def test_running_again_writes_the_same_bytes(trained: Night) -> None:
    run(trained)
    before = {path.name: path.read_bytes() for path in trained.artifact("index").iterdir()}
    run(trained)
    assert {path.name: path.read_bytes() for path in trained.artifact("index").iterdir()} == before


def test_a_graph_that_misses_the_bar_is_replaced_and_both_are_told(night: Night, tmp_path: Path) -> None:
    """3,000 factors of very different norms and a bar of 1: something later in the list must be taken."""
    rng = np.random.default_rng(0)
    ids = strings(f"i{n}" for n in range(3000))
    vectors = rng.normal(size=(3000, 32)) * rng.lognormal(sigma=2.0, size=(3000, 1))
    users = strings(f"u{n}" for n in range(50))
    model = ALS(embedding_size=32)
    model.set_factors(
        Vocabulary(users), rng.normal(size=(50, 32)).astype(np.float32), Vocabulary(ids), vectors.astype(np.float32)
    )
    model.recommendable = 3000
    write_items(night, [item(item_id) for item_id in ids])
    write_labelled(night, [shown(user, ids[n], 5, n, click=1.0) for n, user in enumerate(users)])
    settings = night.surface.index.model_copy(update={"min_recall": 1.0})
    strict = Night(night.surface.model_copy(update={"index": settings}), night.day, night.home)
    positives = interactions(strict, strict.training_days)
    entry = build(strict, model, positives, catalogue(item_rows(strict)), tmp_path)
    assert entry["recall"]["overall"] == 1.0
    assert len(entry["tried"]) > 1
    assert all(tried["recall"]["overall"] < 1.0 for tried in entry["tried"][:-1])
    assert (entry["kind"], entry["augmented"]) == (entry["tried"][-1]["kind"], entry["tried"][-1]["augmented"])


def test_queries_are_drawn_from_users_who_responded(trained: Night) -> None:
    settings = trained.surface.index.model_copy(update={"queries": 5})
    few = Night(trained.surface.model_copy(update={"index": settings}), trained.day, trained.home)
    model = load("als", few.artifact("als"))
    assert isinstance(model, FactorRetriever)
    positives = interactions(few, few.training_days)
    queries = user_vectors(few, model, positives)
    assert queries.shape == (5, 4)
    np.testing.assert_array_equal(queries, user_vectors(few, model, positives))


def test_a_missing_model_is_told_with_the_command_to_run(trained: Night) -> None:
    later = Night(trained.surface, trained.day.replace(day=9), trained.home)
    with pytest.raises(UserError, match="als of shorts 2026-01-09 does not exist"):
        run(later)


def test_without_a_factor_model_there_is_nothing_to_index(trained: Night) -> None:
    only = trained.surface.model_copy(update={"retrieval": {"popular": trained.surface.retrieval["popular"]}})
    report = run(Night(only, trained.day, trained.home))
    assert (report.rows, report.summary) == (0, "no factor model")
    assert json.loads((trained.artifact("index") / "index.json").read_text()) == {}
