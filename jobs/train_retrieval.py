"""Fit one retrieval model of the night, chosen on the last training day and then refitted with that day."""

from __future__ import annotations

import json
from dataclasses import asdict

from jobs.gold.training_data import catalogue, interactions, item_rows, split
from jobs.night import Night, StepReport
from models.interface import Catalogue, FitReport, Interactions, Retriever
from models.registry import create
from models.validation import METRIC
from schemas.errors import GateFailed


def run(night: Night, source: str) -> StepReport:
    """Fit `source` and write its artifact: what the model saved, and `fit.json`.

    The days before the last training day fit it and that day stops and chooses; then a model with what was chosen is
    fitted on all training days. The night's own day is held out for `evaluate`. Raises GateFailed without positives.
    """
    positives = interactions(night, night.training_days)
    _require_positives(night, source, positives)
    items = catalogue(item_rows(night))
    model, report = fit(night, source, positives, items)
    with night.writing(source) as folder:
        model.save(folder)
        (folder / "fit.json").write_text(json.dumps(asdict(report), indent=1, sort_keys=True))
    return _report(night, report, positives)


def fit(night: Night, source: str, positives: Interactions, items: Catalogue) -> tuple[Retriever, FitReport]:
    """(model fitted on all `positives`, report): its figures and curves are those of the fit before the refit."""
    train, validation = split(positives, night.training_days[-1])
    nothing = split(positives, night.day)[1]
    config = dict(night.surface.retrieval[source].config) if source in night.surface.retrieval else {}
    seed = night.seed(f"train_{source}")
    report = FitReport()
    if len(train) and len(validation):
        report = create(source, config).fit(train, validation, items, seed)
        config = report.parameters
    model = create(source, config)
    refit = model.fit(positives, nothing, items, seed)
    refit.metrics = {**report.metrics, **refit.metrics, "positives": float(len(positives))}
    refit.curves = {**refit.curves, **report.curves}
    return model, refit


def _require_positives(night: Night, source: str, positives: Interactions) -> None:
    first, last = night.training_days[0], night.training_days[-1]
    where = f"{night.surface.surface} {night.day}: silver.labelled of {first} to {last}"
    outcomes = ", ".join(night.surface.training.positives)
    if not len(positives):
        raise GateFailed(
            f"{where} holds no positive response ({outcomes}) known by then, so {source} cannot be trained",
            fix="backfill earlier days, or look at `feedmill ledger` for outcomes that were set aside",
        )
    if source != "popular" and not (positives.users != "").any():
        raise GateFailed(
            f"{where} names no user in {len(positives):,} positives, so {source} cannot be trained",
            fix=f"leave {source} out of `retrieval` in the surface file: only popular needs no users",
        )


def _report(night: Night, fitted: FitReport, positives: Interactions) -> StepReport:
    report = StepReport(rows=len(positives), figures={**fitted.metrics, "parameters": fitted.parameters})
    recall = fitted.metrics.get(METRIC)
    if recall is None:
        report.warnings.append(
            f"no positives on both sides of {night.training_days[-1]}: nothing was validated, defaults were used"
        )
    report.summary = "not validated" if recall is None else f"{METRIC} {recall:.4f}"
    return report
