"""How good the predictions of a head are: pure functions over (n,) arrays of labels and predictions.

A NaN label is null (its window is still open): such rows are left out everywhere. What cannot be measured (one class
only, no row) is NaN, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Array = npt.NDArray[np.floating[Any]]
Doubles = npt.NDArray[np.float64]

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""

CLIP = 1e-7
"""Probabilities are kept this far from 0 and 1 in a log loss."""


def auc(labels: Array, predicted: Array) -> float:
    """Probability that a positive is scored above a negative, ties counting half (Mann, Whitney 1947; Hanley, McNeil
    1982). A label is positive if above 0. NaN unless both kinds occur."""
    labels, predicted = _known(labels, predicted)
    positive = labels > 0
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return float("nan")
    rank_sum = float(rankdata(predicted)[positive].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def grouped_auc(labels: Array, predicted: Array, groups: npt.NDArray[Any]) -> float:
    """AUC within each group (user or request), averaged with the group's rows as weight, over groups with both kinds
    (GAUC: Zhou et al. 2018, "Deep Interest Network", section 6.2). It does not credit telling active users apart."""
    keep = ~np.isnan(labels)
    _, codes = np.unique(groups[keep].astype(str), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    labels, predicted = labels[keep][order], predicted[keep][order]
    total = weight = 0.0
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    for group_labels, group_predicted in zip(np.split(labels, ends), np.split(predicted, ends), strict=True):
        value = auc(group_labels, group_predicted)
        if not np.isnan(value):
            total, weight = total + value * len(group_labels), weight + len(group_labels)
    return total / weight if weight else float("nan")


def log_loss(labels: Array, predicted: Array) -> float:
    """Mean negative log likelihood, in nats, of 0/1 labels under predicted probabilities (kept off 0 and 1)."""
    labels, predicted = _known(labels, predicted)
    if not len(labels):
        return float("nan")
    p = np.clip(predicted, CLIP, 1 - CLIP)
    return float(-np.mean(labels * np.log(p) + (1 - labels) * np.log1p(-p)))


def normalized_entropy(labels: Array, predicted: Array) -> float:
    """Log loss divided by that of always predicting the mean label: below 1 is better than knowing nothing (He et al.
    2014, "Practical Lessons from Predicting Clicks on Ads at Facebook"). NaN with one class only."""
    labels, predicted = _known(labels, predicted)
    if not len(labels) or labels.min() == labels.max():
        return float("nan")
    return log_loss(labels, predicted) / log_loss(labels, np.full(len(labels), labels.mean()))


@dataclass(frozen=True)
class Reliability:
    """Per bin, in order of prediction: mean `predicted`, mean `observed` label, and number of `rows`."""

    predicted: Doubles
    observed: Doubles
    rows: npt.NDArray[np.int64]


def reliability(labels: Array, predicted: Array, bins: int = BINS) -> Reliability:
    """The reliability diagram with equal-mass bins: edges are quantiles of `predicted`, and equal predictions share
    a bin, so there may be fewer than `bins`."""
    labels, predicted = _known(labels, predicted)
    if not len(labels):
        return Reliability(np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    bin_of = quantile_bins(predicted, bins)
    rows = np.bincount(bin_of)
    return Reliability(np.bincount(bin_of, predicted) / rows, np.bincount(bin_of, labels) / rows, rows)


def quantile_bins(predicted: Array, bins: int = BINS) -> npt.NDArray[np.int64]:
    """(n,) the bin of each prediction, in order from 0: edges are quantiles, and equal predictions share a bin."""
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1], method="higher"))
    _, bin_of = np.unique(np.searchsorted(edges, predicted, side="right"), return_inverse=True)
    return bin_of.astype(np.int64)


def ece(labels: Array, predicted: Array, bins: int = BINS) -> float:
    """Expected calibration error: the mean over rows of |mean predicted - mean observed| of the row's bin.

    Bins hold equally many rows (Nixon et al. 2019, "Measuring Calibration in Deep Learning", ACE), because at small
    rates equal-width bins (Naeini et al. 2015; Guo et al. 2017) put nearly every row into the first one.
    """
    table = reliability(labels, predicted, bins)
    if not len(table.rows):
        return float("nan")
    return float(np.average(np.abs(table.predicted - table.observed), weights=table.rows))


def relative_ece(labels: Array, predicted: Array, bins: int = BINS) -> float:
    """`ece` divided by the mean label: comparable between rare and common outcomes, and between amounts.

    NaN if the mean label is 0.
    """
    total, rows = float(np.nansum(labels)), int((~np.isnan(labels)).sum())
    return ece(labels, predicted, bins) * rows / total if total > 0 else float("nan")


def mean_ratio(labels: Array, predicted: Array) -> float:
    """Sum of predictions over sum of labels: 1 is calibrated in the large, 2 promises twice what happens."""
    labels, predicted = _known(labels, predicted)
    return float(predicted.sum() / labels.sum()) if labels.sum() > 0 else float("nan")


def rmse(labels: Array, predicted: Array) -> float:
    """Root mean squared error, in the label's unit."""
    labels, predicted = _known(labels, predicted)
    return float(np.sqrt(np.mean((labels - predicted) ** 2))) if len(labels) else float("nan")


def mae(labels: Array, predicted: Array) -> float:
    """Mean absolute error, in the label's unit."""
    labels, predicted = _known(labels, predicted)
    return float(np.mean(np.abs(labels - predicted))) if len(labels) else float("nan")


def summary(kind: str, labels: Array, predicted: Array) -> dict[str, float]:
    """Every figure of a `binary` or `sum` head. The AUC of a sum head is that of its amount being above 0."""
    shared = {
        "rows": float((~np.isnan(labels)).sum()),
        "positives": float((labels > 0).sum()),
        "auc": auc(labels, predicted),
        "ece": ece(labels, predicted),
        "relative_ece": relative_ece(labels, predicted),
        "mean_ratio": mean_ratio(labels, predicted),
    }
    if kind == "sum":
        return shared | {"rmse": rmse(labels, predicted), "mae": mae(labels, predicted)}
    return shared | {
        "log_loss": log_loss(labels, predicted),
        "normalized_entropy": normalized_entropy(labels, predicted),
    }


def _known(labels: Array, predicted: Array) -> tuple[Doubles, Doubles]:
    if labels.shape != predicted.shape or labels.ndim != 1:
        raise ValueError(f"labels {labels.shape} and predicted {predicted.shape} must be (n,) arrays of one length")
    keep = ~np.isnan(labels)
    return labels[keep].astype(np.float64), predicted[keep].astype(np.float64)
