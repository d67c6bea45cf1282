from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs import decide, evaluate, publish, track
from jobs.night import Night
from jobs.releasing import mlflow_store
from jobs.releasing.mlflow_store import DAY, DECISION, NIGHT, PARENT, ROLE, SURFACE
from lake.home import Home
from schemas.decision import Decision
from schemas.errors import InfrastructureError
from tests.jobs.test_evaluate import publish_as, spoil

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODELS = {"als", "item_item", "popular", "ranker"}


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables, made once: that takes seconds."""
    home = Home(tmp_path_factory.mktemp("mlflow"))
    with mlflow_store.opened(home):
        return home.mlflow / "mlflow.db"


@pytest.fixture
def tracked(tiny: Night, empty_database: Path) -> Night:
    """The tiny night, decided and tracked."""
    tiny.home.mlflow.mkdir()
    shutil.copy(empty_database, tiny.home.mlflow)
    decide.run(tiny)
    track.run(tiny)
    return tiny


@pytest.fixture
def client(tracked: Night) -> Iterator[MlflowClient]:
    with mlflow_store.opened(tracked.home) as store:
        yield store.client


def runs_of(client: MlflowClient, night: Night) -> dict[str, object]:
    experiment = client.get_experiment_by_name("tiny")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id], f"tags.`{NIGHT}` = '{night.day}'")
    return {run.info.run_name: run for run in found}


def test_a_night_is_one_run_with_a_run_per_model_below(tracked: Night, client: MlflowClient) -> None:
    runs = runs_of(client, tracked)
    parent = runs.pop("night 2026-01-08")
    assert set(runs) == {f"{name} 2026-01-08" for name in {*MODELS, "candidate"}}
    assert {run.data.tags[PARENT] for run in runs.values()} == {parent.info.run_id}
    assert {run.info.status for run in [parent, *runs.values()]} == {"FINISHED"}
    assert parent.data.params["verdict"] == "ship"
    assert parent.data.metrics["held_out/recall_at_10"] > 0.3
    assert parent.data.metrics["gate/release/smoke test"] == 4


def test_a_model_run_has_parameters_figures_curves_tables_and_pictures(tracked: Night, client: MlflowClient) -> None:
    runs = runs_of(client, tracked)
    als, ranker = runs["als 2026-01-08"], runs["ranker 2026-01-08"]
    assert als.data.params["embedding_size"] == "4"
    assert als.data.metrics["held_out/recall_at_10"] > als.data.metrics["new_items/recall_at_10"] - 1
    assert ranker.data.metrics["held_out/click/auc"] > 0.85
    curve = client.get_metric_history(ranker.info.run_id, "curve/train_loss")
    assert [point.step for point in curve] == list(range(1, len(curve) + 1))
    assert len(curve) > 1
    tables = {one.dataset.name: one.dataset for one in ranker.inputs.dataset_inputs}
    assert '"delta_table_version": 0' in tables["silver.labelled"].source
    assert tables["silver.labelled"].profile == '{"num_rows": 1600}'
    names = {found.path for found in client.list_artifacts(ranker.info.run_id)}
    assert {"reliability_click.png", "curves_ranker.png"} <= names


def test_candidate_and_champion_have_the_same_names_so_that_they_compare(tiny: Night, empty_database: Path) -> None:
    publish_as(tiny, "2026-01-07-aaaaaaaaaa")
    spoil(tiny.home.releases("tiny") / "2026-01-07-aaaaaaaaaa")
    tiny.home.mlflow.mkdir(exist_ok=True)
    shutil.copy(empty_database, tiny.home.mlflow)
    evaluate.run(tiny)
    decide.run(tiny)
    track.run(tiny)
    with mlflow_store.opened(tiny.home) as store:
        runs = runs_of(store.client, tiny)
        mine, theirs = runs["candidate 2026-01-08"], runs["champion 2026-01-08"]
        lengths = store.client.get_metric_history(mine.info.run_id, "by length/als/recall")
        files = {one.path for one in store.client.list_artifacts(mine.info.run_id)}
        pictures = {one.path for one in store.client.list_artifacts(mine.info.run_id, "images")}
    assert mine.data.metrics.keys() == theirs.data.metrics.keys()
    assert mine.data.metrics["lists/als/recall_at_10"] > theirs.data.metrics["lists/als/recall_at_10"]
    assert mine.data.metrics["heads/click/auc/low"] < mine.data.metrics["heads/click/auc"]
    assert [point.step for point in lengths] == [10, 50]
    assert any("head_click" in path for path in pictures)
    assert "head_click.png" in files
    made = Decision.read(tiny.artifact("decision") / "decision.json")
    shared = {SURFACE: "tiny", DAY: "2026-01-08", DECISION: made.verdict}
    assert all(shared.items() <= run.data.tags.items() for run in runs.values())
    assert (mine.data.tags[ROLE], theirs.data.tags[ROLE]) == ("candidate", "champion")
    assert theirs.data.params["release"] == "2026-01-07-aaaaaaaaaa"
    night = runs["night 2026-01-08"]
    assert night.data.metrics["difference/lists/als/recall_at_10/low"] > 0
    assert made.cited[0] in night.data.tags["mlflow.note.content"]


def test_running_the_night_again_replaces_its_runs_and_versions(tracked: Night, client: MlflowClient) -> None:
    before = {run.info.run_id for run in runs_of(client, tracked).values()}
    report = track.run(tracked)
    after = {run.info.run_id for run in runs_of(client, tracked).values()}
    assert report.figures["replaced"] == len(before) == len(after) == 6
    assert not before & after
    assert len(client.search_model_versions("name = 'tiny.als'")) == 1


def test_models_are_candidates_until_publish_makes_them_champions(tracked: Night, client: MlflowClient) -> None:
    made = Decision.read(tracked.artifact("decision") / "decision.json")
    version = client.get_model_version_by_alias("tiny.ranker", "candidate")
    assert version.source.endswith(f"{made.release_id}/ranker")
    assert client.get_registered_model("tiny.ranker").aliases.keys() == {"candidate"}
    publish.run(tracked)
    assert client.get_model_version_by_alias("tiny.ranker", "champion").version == version.version
    track.run(tracked)
    fresh = client.get_model_version_by_alias("tiny.ranker", "champion")
    assert fresh.version == client.get_model_version_by_alias("tiny.ranker", "candidate").version


def test_a_release_without_the_model_leaves_no_champion_of_that_name(tracked: Night, client: MlflowClient) -> None:
    publish.run(tracked)
    assert mlflow_store.set_champion(tracked.home, "tiny", "2026-01-07-unknown") == []
    assert client.get_registered_model("tiny.als").aliases.keys() == {"candidate"}


def test_a_locked_database_is_told_in_words_and_may_be_retried(tracked: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_store, "BUSY_S", 0.2)
    holder = sqlite3.connect(tracked.home.mlflow / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(InfrastructureError, match=r"mlflow\.db is locked") as failure:
            track.run(tracked)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert failure.value.exit_code == 1
    assert "run the step again" in str(failure.value)
    assert track.run(tracked).rows == 6


@pytest.mark.slow  # MLflow waits 20 s for a lock
def test_a_lock_that_is_taken_while_tracking_is_told_the_same(tracked: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_store, "BUSY_S", 0.2)
    holder = sqlite3.connect(tracked.home.mlflow / "mlflow.db", isolation_level=None)

    def write_beside_another() -> None:
        with mlflow_store.opened(tracked.home) as store:
            holder.execute("BEGIN EXCLUSIVE")
            store.experiment("another")

    try:
        with pytest.raises(InfrastructureError, match=r"mlflow\.db is locked"):
            write_beside_another()
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def test_where_no_night_was_tracked_there_is_no_champion_to_name(night: Night) -> None:
    assert mlflow_store.set_champion(night.home, "shorts", "2026-01-08-a") == []
    assert not night.home.mlflow.exists()
