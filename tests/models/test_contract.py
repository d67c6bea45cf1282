"""What every retrieval model must do, on tiny matrices whose right answer is obvious."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.interface import FactorRetriever, Interactions, Requests, Retriever
from models.registry import MODELS, create, load
from schemas.errors import UserError
from tests.models.tiny import GROUPS, NOTHING, catalogue, everything, interactions, offered, request, two_groups

SMALL: dict[str, dict[str, Any]] = {
    "als": {"embedding_size": 2, "epochs": 6, "regularization": 0.1},
    "item_item": {},
    "popular": {},
    "two_tower": {"embedding_size": 8, "epochs": 12, "batch_size": 32, "learning_rate": 0.05},
}
KNOWS_NOTHING_OF_STRANGERS = {"als", "item_item"}
JAZZ, ROCK = GROUPS
ALL = {*JAZZ, *ROCK}

every_model = pytest.mark.parametrize("name", list(MODELS))
every_personal_model = pytest.mark.parametrize("name", [name for name in MODELS if name != "popular"])


def fitted(name: str, seed: int = 7, train: Interactions | None = None) -> Retriever:
    model = create(name, SMALL[name])
    model.fit(train or two_groups(), interactions(NOTHING), everything(), seed)
    return model


@pytest.fixture(scope="module")
def models() -> dict[str, Retriever]:
    return {name: fitted(name) for name in MODELS}


def test_every_model_is_a_retriever(models: dict[str, Retriever]) -> None:
    for name, model in models.items():
        assert isinstance(model, Retriever)
        assert model.name == name
        assert isinstance(model, FactorRetriever) == (name in ("als", "two_tower"))


@every_personal_model
def test_a_user_is_offered_the_one_item_of_its_group_that_it_lacks(models: dict[str, Retriever], name: str) -> None:
    lacks_jazz_3 = [item for item in JAZZ if item != "jazz-3"]
    lacks_rock_0 = [item for item in ROCK if item != "rock-0"]
    asked = Requests(["jazz-user-3", "rock-user-0"], [lacks_jazz_3, lacks_rock_0], [lacks_jazz_3, lacks_rock_0])
    answer = models[name].recommend(asked, 3)
    assert [answer.items[0, 0], answer.items[1, 0]] == ["jazz-3", "rock-0"]


@every_personal_model
def test_an_unknown_user_with_a_history_is_offered_its_like(models: dict[str, Retriever], name: str) -> None:
    answer = models[name].recommend(request(None, ["rock-1", "rock-2"]), 4)
    assert set(offered(answer)) == {"rock-0", "rock-3", "rock-4", "rock-5"}


@every_model
def test_seen_items_are_never_offered(models: dict[str, Retriever], name: str) -> None:
    answer = models[name].recommend(
        request("jazz-user-1", ["jazz-0", "jazz-2"], [*JAZZ, "rock-1", "never-heard-of"]), 50
    )
    assert not set(offered(answer)) & {*JAZZ, "rock-1"}


@every_model
def test_what_is_seen_and_not_in_the_history_is_excluded_too(models: dict[str, Retriever], name: str) -> None:
    answer = models[name].recommend(request(None, ["jazz-0"], ["jazz-1"]), 50)
    assert "jazz-1" not in offered(answer)


@every_model
def test_k_may_exceed_the_catalogue(models: dict[str, Retriever], name: str) -> None:
    answer = models[name].recommend(request("jazz-user-0", ["jazz-1"]), 100)
    assert answer.items.shape == answer.scores.shape == (1, 100)
    there = answer.items[0] != ""
    assert 1 <= there.sum() <= len(ALL) - 1
    assert np.isneginf(answer.scores[0, ~there]).all()
    assert np.isfinite(answer.scores[0, there]).all()


@every_model
def test_ids_are_of_the_catalogue_and_each_once(name: str) -> None:
    model = create(name, SMALL[name])
    model.fit(two_groups(), interactions(NOTHING), catalogue([*JAZZ, "brand-new"], [*["jazz"] * 6, "jazz"]), 7)
    answer = model.recommend(request(None, ["rock-1", "rock-2", "jazz-1"]), 100)
    items = offered(answer)
    assert set(items) <= {*JAZZ, "brand-new"}
    assert len(items) == len(set(items)) > 0


@every_model
def test_scores_descend_in_float32(models: dict[str, Retriever], name: str) -> None:
    answer = models[name].recommend(request("rock-user-2", ["rock-1"]), 12)
    assert answer.scores.dtype == np.float32
    kept = answer.scores[0][np.isfinite(answer.scores[0])]
    assert (np.diff(kept) <= 0).all()


@every_model
def test_unknown_ids_do_not_raise_and_change_nothing(models: dict[str, Retriever], name: str) -> None:
    plain = models[name].recommend(request(None, ["rock-1"]), 5)
    strange = models[name].recommend(request("nobody", ["no-such-item", "rock-1"]), 5)
    assert plain.items.tolist() == strange.items.tolist()


@every_model
def test_an_empty_history_of_a_stranger(models: dict[str, Retriever], name: str) -> None:
    for user, history in [(None, []), ("nobody", []), (None, ["no-such-item"]), ("", [])]:
        answer = models[name].recommend(request(user, history), 5)
        assert len(offered(answer)) == (0 if name in KNOWS_NOTHING_OF_STRANGERS else 5)


@every_model
def test_no_requests_bring_no_answers(models: dict[str, Retriever], name: str) -> None:
    answer = models[name].recommend(Requests([], [], []), 5)
    assert answer.items.shape == answer.scores.shape == (0, 5)


@every_model
def test_requests_are_answered_apart(models: dict[str, Retriever], name: str) -> None:
    one, other = request("jazz-user-1", ["jazz-2"]), request(None, ["rock-2", "rock-4"])
    both = Requests(["jazz-user-1", None], [["jazz-2"], ["rock-2", "rock-4"]], [["jazz-2"], ["rock-2", "rock-4"]])
    together = models[name].recommend(both, 6)
    assert together.items[0].tolist() == models[name].recommend(one, 6).items[0].tolist()
    assert together.items[1].tolist() == models[name].recommend(other, 6).items[0].tolist()


@every_model
def test_the_same_seed_gives_the_same_bits(models: dict[str, Retriever], name: str) -> None:
    asked = request("jazz-user-4", ["jazz-1", "rock-2"])
    first, again = models[name].recommend(asked, 12), fitted(name).recommend(asked, 12)
    assert first.items.tolist() == again.items.tolist()
    assert first.scores.tobytes() == again.scores.tobytes()


@every_model
def test_saved_and_loaded_recommends_the_same(models: dict[str, Retriever], name: str, tmp_path: Path) -> None:
    models[name].save(tmp_path)
    loaded = load(name, tmp_path)
    for asked in (request("jazz-user-4", ["jazz-1"]), request(None, ["rock-2", "rock-1"]), request(None)):
        before, after = models[name].recommend(asked, 12), loaded.recommend(asked, 12)
        assert before.items.tolist() == after.items.tolist()
        assert before.scores.tobytes() == after.scores.tobytes()


@every_model
def test_saving_twice_writes_the_same_bytes(models: dict[str, Retriever], name: str, tmp_path: Path) -> None:
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        models[name].save(folder)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


@every_model
def test_ids_may_be_any_text(name: str, tmp_path: Path) -> None:
    odd = ["日本語", "naïve café", "a/b\tc\n", "🦊", "", "x\u0000y"]
    rows = [(f"ü{user}", item, 1.0, n) for user in range(20) for n, item in enumerate(odd[:4]) if (user + n) % 4]
    model = create(name, SMALL[name])
    model.fit(interactions(rows), interactions(NOTHING), catalogue([odd[0], odd[1], odd[2], odd[3], odd[5]]), 7)
    model.save(tmp_path)
    answer = load(name, tmp_path).recommend(request("ü3", [odd[0]]), 3)
    assert set(offered(answer)) <= set(odd) - {odd[0]}
    assert offered(answer)


@every_model
def test_a_catalogue_of_one_item(name: str) -> None:
    model = create(name, SMALL[name])
    model.fit(
        interactions([("u", "only", 1.0, 1), ("v", "only", 1.0, 2)]), interactions(NOTHING), catalogue(["only"]), 7
    )
    assert set(offered(model.recommend(request("u"), 3))) <= {"only"}
    assert offered(model.recommend(request("u", ["only"]), 3)) == []


@every_model
def test_responses_without_a_user_train_only_popular(name: str) -> None:
    nameless = interactions([("", item, 50.0, 1) for item in ROCK])
    named = two_groups()
    both = Interactions(
        *(
            np.concatenate([getattr(named, part), getattr(nameless, part)])
            for part in ("users", "items", "weights", "times")
        )
    )
    first = fitted(name, train=both).recommend(request("", ["jazz-0"]), 1).items[0, 0]
    assert first in (ROCK if name == "popular" else JAZZ)


@every_model
def test_validation_is_reported_and_the_report_makes_the_same_model(name: str) -> None:
    later = interactions([(f"jazz-user-{n}", f"jazz-{n % 6}", 1.0, 99) for n in range(24)])
    model = create(name, SMALL[name])
    report = model.fit(two_groups(), later, everything(), 7)
    assert 0 <= report.metrics["validation_recall@50"] <= 1
    refit = create(name, report.parameters)
    again = refit.fit(two_groups(), interactions(NOTHING), everything(), 7)
    assert again.parameters == report.parameters
    assert "validation_recall@50" not in again.metrics
    asked = request("jazz-user-4", ["jazz-1", "rock-2"])
    assert model.recommend(asked, 6).items.tolist() == refit.recommend(asked, 6).items.tolist()


@every_model
def test_a_typo_in_the_config_is_refused_by_name(name: str) -> None:
    with pytest.raises(UserError, match="'embeding_size'"):
        create(name, {"embeding_size": 4})


@every_model
def test_a_folder_without_a_model_is_told_in_words(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no model"):
        load(name, tmp_path)


def test_loading_and_recommending_import_no_trainer(models: dict[str, Retriever], tmp_path: Path) -> None:
    for name, model in models.items():
        (tmp_path / name).mkdir()
        model.save(tmp_path / name)
    script = f"""
import sys
from pathlib import Path
from models.interface import Requests
from models.registry import MODELS, load
for name in MODELS:
    answer = load(name, Path({str(tmp_path)!r}) / name).recommend(Requests([None], [["rock-1"]], [["rock-1"]]), 3)
    assert answer.items[0, 0], name
heavy = [name for name in ("torch", "implicit", "pyspark", "sklearn", "pandas", "mlflow") if name in sys.modules]
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path.cwd(), check=False)
    assert done.returncode == 0, done.stderr
