"""The night in MLflow, one run with a run for candidate, champion and each model below it, and as a page.

Running a night again replaces its runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.decide import RECORD
from jobs.night import Night, StepReport
from jobs.releasing import mlflow_store, sides
from jobs.releasing.figures import forecast_figures, head_figures, source_figures
from jobs.releasing.mlflow_store import DAY, DECISION, MODEL, NIGHT, RELEASE, ROLE, SURFACE, Dataset, Store
from jobs.reporting.page import write_page
from schemas.decision import Decision
from schemas.evaluation import BLENDED, EVALUATION, POPULAR, Evaluation, Who
from schemas.release import Manifest

SIDES: tuple[Who, ...] = ("candidate", "champion")


def run(night: Night) -> StepReport:
    """Track the night. Raises InfrastructureError, which a retry can mend, if MLflow's database is locked."""
    made = Decision.read(night.artifact("decision") / RECORD)
    page = write_page(night)
    release = night.home.releases(night.surface.surface) / made.release_id
    models = tracked(night)
    with mlflow_store.opened(night.home) as store:
        experiment = store.experiment(made.surface)
        replaced = store.forget(experiment, made.day)
        evaluation = Evaluation.read(night.artifact("evaluation"))
        tracking = _Tracking(store, experiment, night, made, evaluation, Manifest.read(release))
        parent = tracking.night_run(page)
        both = [who for who in SIDES if who in evaluation.lists or who in evaluation.heads]
        for who in both:
            tracking.side_run(who, parent)
        for model in models:
            child = tracking.model_run(model, parent)
            store.register(f"{made.surface}.{model}", release / model, child, made.release_id)
        store.end(parent)
    words = f"runs, {replaced} replaced; experiment {made.surface} in {night.home.mlflow / 'mlflow.db'}; page {page}"
    figures = {"run": parent, "replaced": replaced, "page": str(page)}
    return StepReport(rows=1 + len(both) + len(models), summary=words, figures=figures)


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

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every run of the night."""
        made = self.made
        return {NIGHT: made.day, SURFACE: made.surface, DAY: made.day, DECISION: made.verdict}

    def night_run(self, page: Path) -> str:
        """The night's own run, still open: what it was made from, what was decided, how good all is together."""
        made, manifest, store = self.made, self.manifest, self.store
        tags = self.tags | {RELEASE: made.release_id, "mlflow.note.content": _note(made)}
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
        found = source_figures(self.evaluation, BLENDED) | gates | sides.differences(self.evaluation)
        store.log(run, parameters, found | forecast_figures(self.night))
        store.log_datasets(run, datasets(self.night, manifest), "night")
        for path in (*_files(self.night), page):
            store.log_file(run, path)
        return run

    def side_run(self, who: Who, parent: str) -> None:
        """The run of candidate or champion: the same names for both, for MLflow's compare view."""
        store, made = self.store, self.made
        release = made.release_id if who == "candidate" else str(made.champion)
        tags = self.tags | {RELEASE: release, ROLE: who}
        run = store.start(self.experiment, f"{who} {made.day}", tags, parent)
        store.log(run, {"release": release, "day": made.day, "role": who}, sides.figures(self.evaluation, who))
        store.log_points(run, sides.curves(self.evaluation, who))
        for key, figure in sides.pictures(self.evaluation, who):
            store.log_picture(run, key, figure)
        store.end(run)

    def model_run(self, model: str, parent: str) -> str:
        """The run of one model: its hyper-parameters, figures, learning curves, tables and pictures."""
        store, night = self.store, self.night
        fit = json.loads((night.artifact(model) / "fit.json").read_text())
        run = store.start(self.experiment, f"{model} {night.day}", self.tags | {MODEL: model}, parent)
        found = head_figures(self.evaluation) if model == "ranker" else source_figures(self.evaluation, model)
        store.log(run, {"model": model, **fit["parameters"]}, {**_numbers(fit["metrics"]), **found})
        store.log_curves(run, {f"curve/{name}": values for name, values in fit["curves"].items()})
        store.log_datasets(run, datasets(night, self.manifest), "training")
        for path in _pictures(night, model):
            store.log_file(run, path)
        store.end(run)
        return run


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


def _note(made: Decision) -> str:
    """The decision as MLflow shows it at the head of the run."""
    lines = [f"**{made.verdict}** `{made.release_id}`: {made.reason}", *(f"- {line}" for line in made.cited)]
    return "\n".join(lines)


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
