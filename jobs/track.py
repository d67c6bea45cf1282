"""The night in MLflow: one run with a run per model below it; running a night again replaces its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.decide import RECORD
from jobs.night import Night, StepReport
from jobs.releasing import mlflow_store
from jobs.releasing.mlflow_store import MODEL, NIGHT, RELEASE, Dataset, Store
from schemas.decision import Decision
from schemas.evaluation import BLENDED, EVALUATION, POPULAR, Evaluation
from schemas.release import Manifest


def run(night: Night) -> StepReport:
    """Track the night. Raises InfrastructureError, which a retry can mend, if MLflow's database is locked."""
    made = Decision.read(night.artifact("decision") / RECORD)
    release = night.home.releases(night.surface.surface) / made.release_id
    models = tracked(night)
    with mlflow_store.opened(night.home) as store:
        experiment = store.experiment(made.surface)
        replaced = store.forget(experiment, made.day)
        evaluation = Evaluation.read(night.artifact("evaluation"))
        tracking = _Tracking(store, experiment, night, made, evaluation, Manifest.read(release))
        parent = tracking.night_run()
        for model in models:
            child = tracking.model_run(model, parent)
            store.register(f"{made.surface}.{model}", release / model, child, made.release_id)
        store.end(parent)
    words = f"runs, {replaced} replaced; experiment {made.surface} in {night.home.mlflow / 'mlflow.db'}"
    return StepReport(rows=1 + len(models), summary=words, figures={"run": parent, "replaced": replaced})


def tracked(night: Night) -> list[str]:
    """The models of the night that have a run each."""
    names = dict.fromkeys((*night.surface.retrieval, POPULAR, *(["ranker"] if night.surface.ranker else [])))
    return [name for name in names if night.has_artifact(name)]


@dataclass(frozen=True)
class _Tracking:
    store: Store
    experiment: str
    night: Night
    made: Decision
    evaluation: Evaluation
    manifest: Manifest

    def night_run(self) -> str:
        """The night's own run, still open: what it was made from, what was decided, how good all is together."""
        made, manifest, store = self.made, self.manifest, self.store
        tags = {NIGHT: made.day, RELEASE: made.release_id, "feedmill.verdict": made.verdict}
        run = store.start(self.experiment, f"night {made.day}", tags)
        parameters = {
            "day": made.day,
            "verdict": made.verdict,
            "release": made.release_id,
            "champion": made.champion or "none",
            "feature_schema": manifest.feature_schema,
            "code": manifest.code[:12],
            "lock": manifest.lock[:12],
            **_flat(self.night.surface.training.model_dump(mode="json"), "training"),
        }
        gates = {f"gate/{gate.name}": gate.value for gate in made.gates}
        store.log(run, parameters, {**source_figures(self.evaluation, BLENDED), **gates})
        store.log_datasets(run, datasets(self.night, manifest), "night")
        for path in _files(self.night):
            store.log_file(run, path)
        return run

    def model_run(self, model: str, parent: str) -> str:
        """The run of one model: its hyper-parameters, figures, learning curves, tables and pictures."""
        store, night = self.store, self.night
        fit = json.loads((night.artifact(model) / "fit.json").read_text())
        run = store.start(self.experiment, f"{model} {night.day}", {NIGHT: str(night.day), MODEL: model}, parent)
        found = head_figures(self.evaluation) if model == "ranker" else source_figures(self.evaluation, model)
        store.log(run, {"model": model, **fit["parameters"]}, {**_numbers(fit["metrics"]), **found})
        store.log_curves(run, {f"curve/{name}": values for name, values in fit["curves"].items()})
        store.log_datasets(run, datasets(night, self.manifest), "training")
        for path in _pictures(night, model):
            store.log_file(run, path)
        store.end(run)
        return run


def source_figures(evaluation: Evaluation, source: str) -> dict[str, float | None]:
    """The list figures of one source on the held-out day, by name, and by segment."""
    found = evaluation.lists.get("candidate", {}).get(source)
    figures = {f"held_out/{name}": value for name, value in found.figures.items()} if found else {}
    for segment, lists in evaluation.segments.items():
        if source in lists:
            figures |= {f"{segment}/{name}": value for name, value in lists[source].figures.items()}
    return figures


def head_figures(evaluation: Evaluation) -> dict[str, float | None]:
    """The figures of every head on the held-out day, by `held_out/<head>/<figure>`."""
    heads = evaluation.heads.get("candidate", {})
    found = {f"held_out/{head}/{name}": value for head, one in heads.items() for name, value in one.figures.items()}
    return found | {f"popularity_auc/{name}": value for name, value in evaluation.yardstick.items()}


def datasets(night: Night, manifest: Manifest) -> list[Dataset]:
    """The tables that the night was made from."""
    return [
        Dataset(
            name,
            str(table["hash"]),
            str(night.lake.root / name.replace(".", "/")),
            int(table["version"]),
            int(table["rows"]),
        )
        for name, table in manifest.tables.items()
    ]


def _files(night: Night) -> list[Path]:
    evaluation = night.artifact("evaluation")
    return [night.artifact("decision") / RECORD, evaluation / EVALUATION, *sorted(evaluation.glob("*.png"))]


def _pictures(night: Night, model: str) -> list[Path]:
    wanted = [f"curves_{model}.png", *(["reliability_*.png"] if model == "ranker" else ["recall_at_*.png"])]
    return sorted(path for pattern in wanted for path in night.artifact("evaluation").glob(pattern))


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if isinstance(value, int | float)}


def _flat(content: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        name = f"{prefix}.{key}"
        flat |= _flat(value, name) if isinstance(value, dict) else {name: value}
    return flat
