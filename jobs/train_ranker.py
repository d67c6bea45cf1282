"""Fit the multi-task ranker on the training window and calibrate each head on days that trained nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.heads import summary
from evaluation.splits import calibration_half, split_ids
from features.registry import registry, schema_hash
from jobs.gold.ranker_samples import ranker_samples
from jobs.night import Night, StepReport
from models.calibration import Calibration, Calibrator
from models.calibration_fit import fit as fit_calibrator
from models.interface import FitReport, Floats
from models.ranker import Ranker
from models.ranker_data import RankerData, from_samples, head_kinds
from schemas.errors import GateFailed, UserError

LAST_SHARE = 0.2
"""Of a window with a single day of samples, the last rows that stop the training."""


@dataclass(frozen=True)
class Split:
    """The samples of the training window, divided by time: those that are `later`, (n,), are (usually) those of day
    `validated_on`, and what is learnt of the others is validated on them."""

    everything: RankerData
    later: npt.NDArray[np.bool_]
    validated_on: date
    whole_day: bool

    @property
    def train(self) -> RankerData:
        return self.everything.take(~self.later)

    @property
    def validation(self) -> RankerData:
        return self.everything.take(self.later)


@dataclass(frozen=True)
class Labels:
    """What one day can say of every head: raw predictions and labels, (n,) each."""

    day: date
    raw: Mapping[str, Floats]
    labels: Mapping[str, Floats]


def run(night: Night) -> StepReport:
    """Fit on the training days but the last, which says how long to train; then so long on all of them; calibrate;
    write the artifact `ranker`.

    A head is calibrated on the night's own day (the users that `calibration_half` takes; the others are measured on
    by `evaluate`) or, where its window leaves too few mature labels there, on the last training day, by what was
    predicted of it before it was trained on. Raises UserError for a surface without a ranker, GateFailed without
    samples.
    """
    split, seed = split_by_time(night), night.seed("train_ranker")
    chosen = _untrained(night)
    report = chosen.fit(split.train, split.validation, seed)
    validation = split.validation
    validated = Labels(split.validated_on, chosen.predict(validation), validation.labels)
    report.metrics |= _validation_metrics(chosen.heads, validated)
    ranker = _untrained(night, epochs=int(report.metrics["best_epoch"]))
    ranker.fit(split.everything, validation.take(slice(0, 0)), seed)
    held_out = calibration_samples(night)
    days = [Labels(night.day, ranker.predict(held_out), held_out.labels), validated]
    calibration, on = calibrate(night, ranker.heads, days)
    with night.writing("ranker") as folder:
        ranker.save(folder)
        calibration.save(folder)
        content = asdict(report) | {"calibration": _told(calibration, on)}
        (folder / "fit.json").write_text(json.dumps(content, indent=1, sort_keys=True))
    step = _step_report(night, ranker, report, split)
    step.warnings += _calibration_warnings(night, calibration, on)
    return step


def split_by_time(night: Night) -> Split:
    """The samples of the training window as known at the night; its last day with samples is the validation.

    A window with one such day is cut in time within it. Raises GateFailed if there is no sample.
    """
    rows = ranker_samples(night, night.training_days)
    if not len(rows):
        first, last = night.training_days[0], night.training_days[-1]
        raise GateFailed(
            f"gold.samples of {night.surface.surface} has no row of {first} to {last}: the ranker cannot be trained",
            fix="backfill earlier days, or look at `feedmill ledger` for what was set aside",
        )
    data = from_samples(rows, night.surface, night.day)
    days = rows["event_day"].to_numpy()
    last_day = days.max()
    later = days == last_day
    whole_day = not later.all()
    if not whole_day:
        later = np.arange(len(days)) >= round(len(days) * (1 - LAST_SHARE))
    return Split(data, later, last_day.astype(object), whole_day)


def calibration_samples(night: Night) -> RankerData:
    """The samples of the night's day, as known at the night, of the users that `calibration_half` takes."""
    rows = ranker_samples(night, [night.day])
    ids = split_ids(*(_strings(rows[name]) for name in ("user_id", "request_id")))
    return from_samples(rows, night.surface, night.day).take(calibration_half(ids))


def calibrate(night: Night, heads: Mapping[str, str], days: Sequence[Labels]) -> tuple[Calibration, dict[str, date]]:
    """A calibrator per head, and the day it was fitted on: the first of `days` with enough labels above 0.

    `gates.min_positives` are enough. A head with fewer on every day stays as it is, says why, and has no day.
    """
    found = {head: _calibrator(night, head, kind, days) for head, kind in heads.items()}
    on = {head: day for head, (_, day) in found.items() if day is not None}
    return Calibration({head: calibrator for head, (calibrator, _) in found.items()}), on


def _calibrator(night: Night, head: str, kind: str, days: Sequence[Labels]) -> tuple[Calibrator, date | None]:
    minimum, seed = night.surface.gates.min_positives, night.seed(f"calibrate_{head}")
    tried = []
    for day in days:
        fitted = fit_calibrator(kind, day.raw[head], day.labels[head], minimum, seed)
        if not fitted.reason:
            return fitted, day.day
        tried.append(fitted)
    return tried[0], None


def _untrained(night: Night, **config: int) -> Ranker:
    chosen = night.surface.ranker
    if chosen is None:
        raise UserError(f"surface {night.surface.surface} has no ranker", fix="add `ranker` to its surface file")
    features = registry(night.surface)
    names = tuple(feature.name for feature in features)
    settings = {**chosen.config, **config}
    return Ranker(head_kinds(night.surface), settings, names, schema_hash(features), ignore=chosen.ignore)


def _validation_metrics(heads: Mapping[str, str], validation: Labels) -> dict[str, float]:
    found = {head: summary(kind, validation.labels[head], validation.raw[head]) for head, kind in heads.items()}
    return {
        f"validation_{name}_{head}": value
        for head, figures in found.items()
        for name, value in figures.items()
        if not np.isnan(value)
    }


def _told(calibration: Calibration, on: Mapping[str, date]) -> dict[str, dict[str, Any]]:
    kept = ("method", "rows", "loss", "reason")
    return {
        head: {"day": str(on[head]) if head in on else None} | {name: getattr(one, name) for name in kept}
        for head, one in calibration.heads.items()
    }


def _step_report(night: Night, ranker: Ranker, fitted: FitReport, split: Split) -> StepReport:
    aucs = {head: fitted.metrics.get(f"validation_auc_{head}") for head in ranker.heads}
    report = StepReport(rows=len(split.everything), figures={**fitted.metrics, "parameters": fitted.parameters})
    report.summary = "AUC " + ", ".join(f"{head} {auc:.3f}" for head, auc in aucs.items() if auc is not None)
    report.warnings = [f"{head} had no mature label to learn from: it predicts 0" for head in ranker.untrained]
    if not split.whole_day:
        report.warnings.append(f"only {split.validated_on} has samples: its last rows stopped the training")
    elif split.validated_on != night.training_days[-1]:
        report.warnings.append(f"{night.training_days[-1]} has no samples: {split.validated_on} stopped the training")
    return report


def _calibration_warnings(night: Night, calibration: Calibration, on: Mapping[str, date]) -> list[str]:
    elsewhere = {head: day for head, day in on.items() if day != night.day}
    words = [f"{head} is not calibrated: {why}" for head, why in calibration.uncalibrated.items()]
    return words + [
        f"{head} is calibrated on {day}: on {night.day} too few of its labels are mature"
        for head, day in elsewhere.items()
    ]


def _strings(column: Any) -> npt.NDArray[np.object_]:
    array: npt.NDArray[np.object_] = column.to_numpy(zero_copy_only=False)
    return array
