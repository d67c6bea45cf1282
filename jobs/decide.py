"""Put the candidate release together, try it, and put every gate of the night into one decision: ship or hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jobs.judging import gates as gating
from jobs.judging.quoted import cited, main_k
from jobs.night import Night, StepReport
from jobs.releasing.assembly import Built, build
from jobs.releasing.inputs import inputs
from jobs.releasing.smoke_test import smoke_test
from lake import ledger
from models.ranker_data import head_kinds
from schemas.decision import Decision, Gate
from schemas.evaluation import Evaluation

RECORD = "decision.json"


def run(night: Night) -> StepReport:
    """Build the release and write the decision, as artifact `decision` and into the night's reports.

    Held nights are told by `publish`, which ends them; here the verdict is only recorded, so that it is tracked too.
    """
    built = build(night, inputs(night))
    evaluation = Evaluation.read(night.artifact("evaluation"))
    found = [*_measured(night, evaluation), *_release_gates(night, built)]
    made = replace(decide(night, built.manifest.release_id, evaluation.champion, found), cited=cited(evaluation))
    with night.writing("decision") as folder:
        made.write(folder / RECORD)
    night.reports.mkdir(parents=True, exist_ok=True)
    made.write(night.reports / RECORD)
    return StepReport(
        rows=len(found),
        summary=f"gates: {made.verdict} {made.release_id} ({made.reason})",
        gates=[str(gate) for gate in found],
        warnings=_warnings(built),
        figures={"verdict": made.verdict, "release_id": made.release_id, "champion": made.champion},
    )


def decide(night: Night, release_id: str, champion: str | None, found: Sequence[Gate]) -> Decision:
    """Ship unless a gate failed; warnings and skipped gates hold nothing back, but are in the record."""
    failed = [gate for gate in found if gate.verdict == "fail"]
    counts = {verdict: sum(gate.verdict == verdict for gate in found) for verdict in ("pass", "warn", "skipped")}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    reason = "failed: " + ", ".join(gate.name for gate in failed) if failed else told
    return Decision(
        surface=night.surface.surface,
        day=str(night.day),
        verdict="hold" if failed else "ship",
        release_id=release_id,
        champion=champion,
        gates=tuple(found),
        reason=reason,
    )


def _measured(night: Night, evaluation: Evaluation) -> list[Gate]:
    surface, limits = night.surface, night.surface.gates
    lines = [entry for entries in ledger.read(night.lake, night.day).values() for entry in entries]
    index = json.loads((night.artifact("index") / "index.json").read_text())
    return [
        *gating.data_gates(_validation(night), lines),
        *gating.index_gates(surface, index),
        *gating.list_gates(evaluation, limits, main_k(evaluation)),
        *gating.head_gates(evaluation, head_kinds(surface), limits),
    ]


def _release_gates(night: Night, built: Built) -> list[Gate]:
    files = len(built.manifest.files)
    return [Gate.at_least("release/files verified", files, files), smoke_test(built.folder, night.day)]


def _validation(night: Night) -> dict[str, Any] | None:
    path = night.reports / "steps" / "validate.json"
    return dict(StepReport.read(path)["figures"]) if path.exists() else None


def _warnings(built: Built) -> list[str]:
    if not built.changed:
        return []
    return [
        f"{built.manifest.release_id} was built before from the same inputs and is kept as it is; "
        f"training again gave other bytes in {', '.join(built.changed)}"
    ]
