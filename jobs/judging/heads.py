"""The ranker's heads on the half of the held-out day that calibrated nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluation import calibration
from evaluation.auc import auc_by_user, auc_difference, auc_interval
from evaluation.heads import CLIP, auc, reliability, summary
from evaluation.intervals import Bootstrap, Interval, Units, units_of
from evaluation.splits import calibration_half, split_ids
from features.registry import registry
from jobs.gold.ranker_samples import ranker_samples
from jobs.judging.list_figures import limits
from jobs.night import Night
from models.interface import Floats, Strings
from models.ranker_data import UNKNOWN_POSITION, RankerData, from_samples, head_kinds
from models.ranker_scoring import RankerScorer
from schemas.evaluation import Group, Head, Paired

LEAST_GROUP = 200
"""Samples that a position, device or country must have to be told apart."""
Scores = Mapping[str, Floats]
"""Head to (n,) calibrated predictions."""


@dataclass(frozen=True)
class Samples:
    """What heads are measured on: n samples, and (n,) `users`, the request of a sample whose user is unknown."""

    data: RankerData
    users: Strings

    def __len__(self) -> int:
        return len(self.data)


def held_out_samples(night: Night) -> RankerData:
    """The samples of the night's day that `calibration_half` leaves for measuring, labels as known at the night."""
    return held_out(night).data


def held_out(night: Night) -> Samples:
    """The same, with whose each sample is."""
    rows = ranker_samples(night, [night.day])
    ids = split_ids(*(_strings(rows[name]) for name in ("user_id", "request_id")))
    kept = ~calibration_half(ids)
    return Samples(from_samples(rows, night.surface, night.day).take(kept), ids[kept])


def scores(ranker: Path, samples: Samples) -> Scores:
    """What the ranker in folder `ranker` predicts, by head; of no sample nothing."""
    if not len(samples):
        return {}
    return RankerScorer.load(ranker).score(samples.data.dense, samples.data.categories)


def measure(found: Scores, samples: Samples, kinds: Mapping[str, str], seed: int) -> dict[str, Head]:
    """Quality of the predictions `found`, by head of `kinds` that they have; intervals by `seed`."""
    if not len(samples):
        return {head: Head(0, 0, skipped="the day has no sample to measure on") for head in kinds}
    return {head: _head(kind, head, found[head], samples, seed) for head, kind in kinds.items() if head in found}


def against_champion(
    mine: Scores, theirs: Scores, samples: Samples, kinds: Mapping[str, str], seed: int
) -> Iterator[Paired]:
    """The difference in AUC, in AUC within users and in log loss of every head that both have, on the same samples."""
    for head, kind in kinds.items():
        if head not in mine or head not in theirs:
            continue
        labels, of = samples.data.labels[head], f"heads/{head}"
        users = len(set(samples.users[~np.isnan(labels)].tolist()))
        found = {"auc": auc_difference(labels, mine[head], theirs[head], samples.users)}
        if kind == "binary":
            found |= _paired_means(labels, mine[head], theirs[head], samples.users, seed)
        for figure, one in found.items():
            if not np.isnan(one.value):
                yield Paired(of, "champion", figure, one.value, *limits(one), users)


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


def _head(kind: str, name: str, predicted: Floats, samples: Samples, seed: int) -> Head:
    labels = samples.data.labels[name]
    if np.isnan(labels).all():
        return Head(0, 0, skipped="no label was known by the end of the night: its window is still open")
    found = summary(kind, labels, predicted)
    rows, positives = int(found.pop("rows")), int(found.pop("positives"))
    table = reliability(labels, predicted)
    bins = zip(table.predicted.tolist(), table.observed.tolist(), table.rows.tolist(), strict=True)
    more = _intervals(kind, labels, predicted, samples.users, seed)
    figures: dict[str, float | None] = {**found, **{figure: one.value for figure, one in more.items()}}
    if kind == "binary":
        figures["temperature"] = calibration.temperature(labels, predicted)
    known = {figure: limits(one) for figure, one in more.items() if not np.isnan(one.low)}
    return Head(rows, positives, figures, tuple(bins), intervals=known, groups=_groups(name, predicted, samples, seed))


def _intervals(kind: str, labels: Floats, predicted: Floats, users: Strings, seed: int) -> dict[str, Interval]:
    """The figures that have an interval."""
    measured = calibration.measure(labels, predicted, users, seed)
    found = {"auc": auc_interval(labels, predicted, users), "mean_ratio": measured.ratio}
    if kind != "binary":
        return found
    known = ~np.isnan(labels)
    units = units_of(users[known])
    drawn = Bootstrap(units.count, seed)
    loss = drawn.mean(units.sums(_losses(labels[known], predicted[known])), units.sums(np.ones(int(known.sum()))))
    gauc = drawn.mean(*_weighed(*auc_by_user(labels[known], predicted[known], units)))
    return found | {"ece_debiased": measured.ece, "log_loss": loss, "gauc": gauc}


def _paired_means(labels: Floats, mine: Floats, theirs: Floats, users: Strings, seed: int) -> dict[str, Interval]:
    known = ~np.isnan(labels)
    y, p, q, units = labels[known], mine[known], theirs[known], units_of(users[known])
    drawn = Bootstrap(units.count, seed)
    loss = drawn.mean(units.sums(_losses(y, p) - _losses(y, q)), units.sums(np.ones(len(y))))
    return {"log_loss": loss, "gauc": drawn.mean(*_weighed(*_auc_differences(y, p, q, units)))}


def _auc_differences(
    labels: Floats, mine: Floats, theirs: Floats, units: Units
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    found, rows = auc_by_user(labels, mine, units)
    other, _ = auc_by_user(labels, theirs, units)
    return found - other, rows


def _weighed(
    found: npt.NDArray[np.float64], rows: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Sums and counts of (users,) values with `rows` as weights; a user without a value counts for nothing."""
    known = ~np.isnan(found)
    return np.where(known, found * rows, 0.0), np.where(known, rows, 0.0)


def _losses(labels: Floats, predicted: Floats) -> npt.NDArray[np.float64]:
    """(n,) negative log likelihood of each label."""
    p = np.clip(predicted.astype(np.float64), CLIP, 1 - CLIP)
    return np.asarray(-(labels * np.log(p) + (1 - labels) * np.log1p(-p)))


def _groups(name: str, predicted: Floats, samples: Samples, seed: int) -> dict[str, dict[str, Group]]:
    """Calibration by position, device and country, of those with LEAST_GROUP samples or more."""
    labels, data = samples.data.labels[name], samples.data
    kinds: dict[str, npt.NDArray[np.object_]] = {
        kind: np.array([value or "unknown" for value in data.categories[kind]], dtype=object)
        for kind in ("device", "country")
        if kind in data.categories
    }
    if (data.position != UNKNOWN_POSITION).any():
        kinds["position"] = data.position.astype(object)
    found = {
        kind: calibration.by_group(labels, predicted, samples.users, values, seed=seed, least=LEAST_GROUP)
        for kind, values in kinds.items()
    }
    return {kind: {str(value): _group(one) for value, one in groups.items()} for kind, groups in found.items()}


def _group(found: calibration.Measured) -> Group:
    low, high = limits(found.observed)
    return Group(found.rows, found.positives, found.predicted, found.observed.value, low, high, found.plugin)


def _strings(column: object) -> npt.NDArray[np.object_]:
    array: npt.NDArray[np.object_] = column.to_numpy(zero_copy_only=False)  # type: ignore[attr-defined]
    return array
