"""How good the ranker's heads are on the half of the held-out day that calibrated nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from evaluation import calibration
from evaluation.auc import auc_by_user, auc_interval
from evaluation.heads import auc, summary
from evaluation.intervals import Bootstrap, Interval, units_of
from features.registry import registry
from jobs.judging import corrections
from jobs.judging.paired_heads import losses, weighed
from jobs.judging.samples import HeldOut, Samples, Scores
from jobs.night import Night
from models.interface import Floats, Strings
from models.ranker_data import RankerData, head_kinds
from schemas.evaluation import Group, Head

LEAST_GROUP = 200
"""Samples that a position, device or country must have to be told apart."""


def measure(
    found: Scores, day: HeldOut, kinds: Mapping[str, str], seed: int, ranker: Path | None = None
) -> dict[str, Head]:
    """Quality of the predictions `found` for `day.measured`, by head of `kinds` that they have; intervals by `seed`.

    With the `ranker` that made them other ways of correcting its heads are tried too.
    """
    samples = day.measured
    if not len(samples):
        return {head: Head(0, 0, skipped="the day has no sample to measure on") for head in kinds}
    heads = {head: _head(kind, head, found[head], samples, seed) for head, kind in kinds.items() if head in found}
    if ranker is None:
        return heads
    tried = corrections.tried(ranker, day.calibrating, samples, kinds, seed)
    return {head: replace(one, corrections=tried.get(head, {})) for head, one in heads.items()}


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
    measured = calibration.measure(labels, predicted, samples.users, seed)
    bins = ((one.predicted, one.observed.value, one.rows) for one in measured.bins)
    more = {"mean_ratio": measured.ratio, **_intervals(kind, labels, predicted, samples.users, seed)}
    if kind == "binary":
        more["ece_debiased"] = measured.ece
    figures: dict[str, float | None] = {**found, **{figure: one.value for figure, one in more.items()}}
    if kind == "binary":
        figures["temperature"] = calibration.temperature(labels, predicted)
    known = {figure: one.limits for figure, one in more.items() if not np.isnan(one.low)}
    return Head(
        rows,
        positives,
        figures,
        tuple(bins),
        intervals=known,
        groups=_groups(kind, labels, predicted, samples, seed),
        limits=tuple(one.observed.limits for one in measured.bins),
    )


def _intervals(kind: str, labels: Floats, predicted: Floats, users: Strings, seed: int) -> dict[str, Interval]:
    """The figures that have an interval, but those of calibration."""
    found = {"auc": auc_interval(labels, predicted, users)}
    if kind != "binary":
        return found
    known = ~np.isnan(labels)
    units = units_of(users[known])
    drawn = Bootstrap(units.count, seed)
    loss = drawn.mean(units.sums(losses(labels[known], predicted[known])), units.sums(np.ones(int(known.sum()))))
    gauc = drawn.mean(*weighed(*auc_by_user(labels[known], predicted[known], units)))
    return found | {"log_loss": loss, "gauc": gauc}


def _groups(kind: str, labels: Floats, predicted: Floats, samples: Samples, seed: int) -> dict[str, dict[str, Group]]:
    """Calibration and order by position, device and country, of those with LEAST_GROUP samples or more."""
    found: dict[str, dict[str, Group]] = {}
    for by, values in samples.groups.items():
        measured = calibration.by_group(labels, predicted, samples.users, values, seed=seed, least=LEAST_GROUP)
        found[by] = {}
        for value, one in measured.items():
            part = values == value
            more = _intervals(kind, labels[part], predicted[part], samples.users[part], seed)
            found[by][str(value)] = _group(one, more | ({"ece_debiased": one.ece} if kind == "binary" else {}))
    return found


def _group(found: calibration.Measured, figures: Mapping[str, Interval]) -> Group:
    return Group(
        found.rows,
        found.positives,
        found.predicted,
        found.observed.value,
        *found.observed.limits,
        found.plugin,
        figures={name: one.value for name, one in figures.items()},
        intervals={name: one.limits for name, one in figures.items() if not np.isnan(one.low)},
    )
