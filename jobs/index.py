"""An ANN index per factor model, chosen by the recall it reaches with real user vectors."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from jobs.gold.training_data import catalogue, interactions, item_rows, microseconds
from jobs.night import Night, StepReport
from models.index_recall import Attempt, Judge, choose, segments
from models.interface import Catalogue, FactorRetriever, Floats, Interactions, Requests
from models.registry import load
from models.validation import items_by_user
from models.vocabulary import Vocabulary
from schemas.decision import Gate

NEW_DAYS = 2
"""Items created at most this many days before the end of the night are new."""


def run(night: Night) -> StepReport:
    """Write artifact `index`: `<source>.faiss` for each factor model, and `index.json` with what was measured."""
    report, content = StepReport(), {}
    positives, items = interactions(night, night.training_days), catalogue(item_rows(night))
    with night.writing("index") as folder:
        for source in night.surface.retrieval:
            model = load(source, night.artifact(source))
            if isinstance(model, FactorRetriever):
                content[source] = build(night, model, positives, items, folder)
                _tell(report, night, source, content[source])
        (folder / "index.json").write_text(json.dumps(content, indent=1))
    report.figures["index"] = content
    report.summary = ", ".join(f"{source} {entry['kind']}" for source, entry in content.items()) or "no factor model"
    return report


def build(
    night: Night, model: FactorRetriever, positives: Interactions, items: Catalogue, folder: Path
) -> dict[str, Any]:
    """Choose, build and save the index of `model`; its entry of `index.json`."""
    settings = night.surface.index
    rows = Vocabulary(items.item_ids).rows(model.item_ids)
    responses = _responses(model, positives)
    parts = segments(responses, items.created[rows], microseconds(night.day - timedelta(days=NEW_DAYS - 1)))
    queries = user_vectors(night, model, positives)
    judge = Judge(model.item_vectors, queries, settings.recall_at, parts)
    index, attempts = choose(judge, settings.kinds, settings.min_recall, night.seed(f"index/{model.name}"))
    index.save(folder / f"{model.name}.faiss")
    return {
        "kind": index.kind,
        "augmented": index.augmented,
        "recall_at": settings.recall_at,
        "recall": asdict(attempts[-1].recall),
        "tried": [_entry(attempt) for attempt in attempts],
        "items": len(index),
        "queries": len(queries),
    }


def user_vectors(night: Night, model: FactorRetriever, positives: Interactions) -> Floats:
    """(m, d) query vectors of at most `index.queries` users drawn from those who responded to something."""
    histories = items_by_user(positives)
    users = sorted(user for user in histories if user)
    if len(users) > night.surface.index.queries:
        drawn = night.rng(f"index/{model.name}/queries").choice(len(users), night.surface.index.queries, replace=False)
        users = [users[row] for row in sorted(drawn)]
    listed = [histories[user] for user in users]
    queries, known = model.query_vectors(Requests(users, listed, listed))
    return queries[known]


def _responses(model: FactorRetriever, positives: Interactions) -> Floats:
    rows = Vocabulary(model.item_ids).known(positives.items)
    return np.bincount(rows, minlength=len(model.item_ids)).astype(np.float32)


def _entry(attempt: Attempt) -> dict[str, Any]:
    return {"kind": attempt.kind, "augmented": attempt.augmented, "recall": asdict(attempt.recall)}


def _tell(report: StepReport, night: Night, source: str, entry: dict[str, Any]) -> None:
    name = f"index/{source}/recall@{entry['recall_at']}"
    report.rows += entry["items"]
    if not entry["queries"]:
        report.gates.append(str(Gate.skipped(name, "no user with a vector to measure with; exact search is used")))
        return
    gate = Gate.at_least(name, entry["recall"]["overall"], night.surface.index.min_recall, f"{entry['kind']}")
    report.gates.append(str(gate))
