"""The ranker's heads on the half of the held-out day that calibrated nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluation.heads import auc, reliability, summary
from evaluation.splits import calibration_half, split_ids
from features.registry import registry
from jobs.gold.ranker_samples import ranker_samples
from jobs.night import Night
from models.interface import Floats
from models.ranker_data import RankerData, from_samples, head_kinds
from models.ranker_scoring import RankerScorer
from schemas.evaluation import Head


def held_out_samples(night: Night) -> RankerData:
    """The samples of the night's day that `calibration_half` leaves for measuring, labels as known at the night."""
    rows = ranker_samples(night, [night.day])
    ids = split_ids(*(_strings(rows[name]) for name in ("user_id", "request_id")))
    return from_samples(rows, night.surface, night.day).take(~calibration_half(ids))


def measure(ranker: Path, data: RankerData, kinds: Mapping[str, str]) -> dict[str, Head]:
    """The ranker in folder `ranker` on `data`, by head of `kinds` that it has."""
    scorer = RankerScorer.load(ranker)
    if not len(data):
        return {head: Head(0, 0, skipped="the day has no sample to measure on") for head in kinds}
    scores = scorer.score(data.dense, data.categories)
    return {head: _head(kind, data.labels[head], scores[head]) for head, kind in kinds.items() if head in scores}


def yardstick(night: Night, data: RankerData) -> dict[str, float]:
    """AUC, for the first positive outcome, of each feature that says how popular the item is, taken alone."""
    outcome = next(iter(night.surface.training.positives))
    if outcome not in head_kinds(night.surface) or not len(data):
        return {}
    wanted = (f"item_log_{outcome}_", f"item_{outcome}_rate_", f"item_{outcome}_log_mean_")
    columns = {feature.name: place for place, feature in enumerate(registry(night.surface))}
    found = {
        name: auc(data.labels[outcome], data.dense[:, place])
        for name, place in columns.items()
        if name.startswith(wanted)
    }
    return {name: value for name, value in found.items() if not np.isnan(value)}


def _head(kind: str, labels: Floats, predicted: Floats) -> Head:
    if np.isnan(labels).all():
        return Head(0, 0, skipped="no label was known by the end of the night: its window is still open")
    found = summary(kind, labels, predicted)
    rows, positives = int(found.pop("rows")), int(found.pop("positives"))
    table = reliability(labels, predicted)
    bins = zip(table.predicted.tolist(), table.observed.tolist(), table.rows.tolist(), strict=True)
    return Head(rows, positives, dict(found), tuple(bins))


def _strings(column: object) -> npt.NDArray[np.object_]:
    array: npt.NDArray[np.object_] = column.to_numpy(zero_copy_only=False)  # type: ignore[attr-defined]
    return array
