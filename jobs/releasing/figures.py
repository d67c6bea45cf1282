"""The figures of a night's run and of its models' runs in MLflow, by name."""

from __future__ import annotations

from jobs.night import Night, StepReport
from schemas.evaluation import Evaluation

FOUND = ("recall", "ndcg")
"""What is told by segment."""


def source_figures(evaluation: Evaluation, source: str) -> dict[str, float | None]:
    """The list figures of one source on the held-out day, by name; by segment those that say what was found."""
    found = evaluation.lists.get("candidate", {}).get(source)
    figures = {f"held_out/{name}": value for name, value in found.figures.items()} if found else {}
    for segment, lists in evaluation.segments.items():
        if source in lists:
            told = {name: value for name, value in lists[source].figures.items() if name.startswith(FOUND)}
            figures |= {f"{segment}/{name}": value for name, value in told.items()}
    return figures


def head_figures(evaluation: Evaluation) -> dict[str, float | None]:
    """The figures of every head on the held-out day, by `held_out/<head>/<figure>`."""
    heads = evaluation.heads.get("candidate", {})
    found = {f"held_out/{head}/{name}": value for head, one in heads.items() for name, value in one.figures.items()}
    return found | {f"popularity_auc/{name}": value for name, value in evaluation.yardstick.items()}


def forecast_figures(night: Night) -> dict[str, float | None]:
    """What step `forecast` said of the release, and how often earlier forecasts held; nothing where it did not run."""
    path = night.reports / "steps" / "forecast.json"
    figures = StepReport.read(path)["figures"] if path.exists() else {}
    wanted = ("difference", "hit_rate")
    return {f"forecast/{name}": figures[name] for name in wanted if figures.get(name) is not None}
