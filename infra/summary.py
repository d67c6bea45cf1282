"""The end of a night, in a few lines: rows, models against most-popular, gates, decision, where to look next."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.sample_answer import Answer
from jobs.night import Night
from schemas.decision import Decision
from schemas.evaluation import POPULAR, Evaluation

RECALL = "recall@50"


def summary(night: Night, answer: Answer | None, took: str) -> Iterator[str]:
    """The lines of the summary; a part that the night did not produce is left out."""
    yield ""
    yield f"{night.surface.surface} {night.day}, done in {took}"
    yield from _line("rows", _rows(night.reports / "steps" / "ingest.json"))
    evaluation = _evaluation(night)
    if evaluation is not None:
        yield from _line("retrieval", _retrieval(evaluation))
        yield from _line("ranker", _ranker(evaluation))
    yield from _decision(night.reports / "decision.json")
    yield from _line("served", _served(answer))
    yield from _next(night, answer)


def _line(title: str, words: str) -> Iterator[str]:
    if words:
        yield f"  {title:<10} {words}"


def _rows(report: Path) -> str:
    if not report.exists():
        return ""
    entries: list[dict[str, Any]] = json.loads(report.read_text())["ledger"]
    aside: Counter[str] = Counter()
    for entry in entries:
        aside.update(entry["set_aside"])
    rows_in, rows_out = (sum(entry[flow] for entry in entries) for flow in ("rows_in", "rows_out"))
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(aside.items()) if count)
    return f"{rows_in:,} in = {rows_out:,} kept + {sum(aside.values()):,} set aside" + (
        f" ({reasons})" if reasons else ""
    )


def _evaluation(night: Night) -> Evaluation | None:
    return Evaluation.read(night.artifact("evaluation")) if night.has_artifact("evaluation") else None


def _retrieval(evaluation: Evaluation) -> str:
    if evaluation.lists_skipped:
        return f"not measured: {evaluation.lists_skipped}"
    popular = evaluation.figure("candidate", POPULAR, RECALL)
    parts = [f"{RECALL}: {POPULAR} {popular:.4f}" if popular is not None else RECALL]
    for source in evaluation.lists.get("candidate", {}):
        value = evaluation.figure("candidate", source, RECALL)
        if source != POPULAR and value is not None:
            parts.append(f"{source} {value:.4f}" + (f" ({value / popular:.2f}x)" if popular else ""))
    return ", ".join(parts)


def _ranker(evaluation: Evaluation) -> str:
    if evaluation.heads_skipped:
        return f"not measured: {evaluation.heads_skipped}"
    heads = evaluation.heads.get("candidate", {}).items()
    parts = [f"{head} {auc:.3f}" for head, found in heads if (auc := found.figures.get("auc")) is not None]
    alone = [value for value in evaluation.yardstick.values() if value is not None]
    words = f"AUC: {', '.join(parts)}" if parts else ""
    return words + (f"; click by popularity alone {max(alone):.3f}" if words and alone else "")


def _decision(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    decision = Decision.read(path)
    counts = Counter(gate.verdict for gate in decision.gates)
    words = ", ".join(
        f"{counts[verdict]} {verdict}" for verdict in ("pass", "warn", "skipped", "fail") if counts[verdict]
    )
    yield from _line("gates", words)
    for gate in decision.gates:
        if gate.verdict in ("fail", "warn"):
            yield f"  {'':<10} {gate}"
    yield from _line("decision", f"{decision.verdict} {decision.release_id}: {decision.reason}")


def _served(answer: Answer | None) -> str:
    if answer is None:
        return "nothing: no release is live yet"
    items = ", ".join(answer.items) or "nothing, as nothing may be shown to a request that names no place,"
    return f"{answer.user} is shown {items} by {answer.release_id} ({answer.milliseconds:.0f} ms)"


def _next(night: Night, answer: Answer | None) -> Iterator[str]:
    name, day = night.surface.surface, night.day
    user = answer.user if answer is not None and answer.known else "USER"
    places = {
        f"feedmill decision {name} {day}": "every gate",
        f"feedmill ledger {name} {day}": "where every row went",
        f"feedmill recommend {name} {user}": "a slate and how it came about",
        "make up": "Airflow, MLflow and serving in the browser",
        str(night.reports / "index.html"): "the night as a page, with all its pictures",
        str(night.reports): "reports, Data Docs and pictures",
    }
    width = max(len(place) for place in places)
    for number, (place, words) in enumerate(places.items()):
        yield f"  {'' if number else 'look next':<10} {place:<{width}}  {words}"
