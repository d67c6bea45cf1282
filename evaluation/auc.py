"""The uncertainty of an AUC, and of the difference of two on the same rows, with users as the independent units.

By the structural components of DeLong, DeLong, Clarke-Pearson 1988, summed per user as in Obuchowski 1997
("Nonparametric analysis of clustered ROC curve data"): a sort and a sum, no resampling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from evaluation.intervals import Doubles, Interval, Units, Z, units_of

Array = npt.NDArray[np.floating[Any]]


def auc_interval(labels: Array, predicted: Array, users: npt.NDArray[Any]) -> Interval:
    """The AUC of (n,) `predicted` for the (n,) `labels` (above 0 is positive, NaN left out), with its interval."""
    known = ~np.isnan(labels)
    value, influence = _influence(labels[known] > 0, predicted[known], units_of(users[known]))
    return _interval(value, influence, 0.0, 1.0)


def auc_difference(labels: Array, predicted: Array, other: Array, users: npt.NDArray[Any]) -> Interval:
    """AUC of `predicted` less that of `other`, both (n,) and of the same rows, with the interval of the difference."""
    if predicted.shape != other.shape:
        raise ValueError(f"{predicted.shape} and {other.shape} predictions are not of the same rows")
    known = ~np.isnan(labels)
    positive, units = labels[known] > 0, units_of(users[known])
    mine, my_part = _influence(positive, predicted[known], units)
    theirs, their_part = _influence(positive, other[known], units)
    return _interval(mine - theirs, my_part - their_part, -1.0, 1.0)


def auc_by_user(labels: Array, predicted: Array, units: Units) -> tuple[Doubles, Doubles]:
    """(count,) the AUC within each user's rows, NaN without both kinds, and (count,) the user's rows; no null label.

    Their mean, rows as weights, is GAUC (Zhou et al. 2018).
    """
    positive = labels > 0
    rank = _ranks_within(predicted, units)
    positives, rows = units.sums(positive), units.sums(np.ones(len(labels)))
    negatives = rows - positives
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (units.sums(np.where(positive, rank, 0.0)) - positives * (positives + 1) / 2) / (positives * negatives)
    return np.where((positives > 0) & (negatives > 0), found, np.nan), rows


def _influence(positive: npt.NDArray[np.bool_], predicted: Array, units: Units) -> tuple[float, Doubles]:
    """The AUC, and (count,) by how much each user moves it away from its expectation; NaN with one kind only."""
    m, n = int(positive.sum()), int((~positive).sum())
    if not m or not n:
        return float("nan"), np.full(units.count, np.nan)
    everywhere = rankdata(predicted)
    above = (everywhere[positive] - rankdata(predicted[positive])) / n
    below = 1 - (everywhere[~positive] - rankdata(predicted[~positive])) / m
    value = float(above.mean())
    parts = np.empty(len(predicted))
    parts[positive] = (above - value) / m
    parts[~positive] = (below - value) / n
    return value, units.sums(parts)


def _interval(value: float, influence: Doubles, least: float, most: float) -> Interval:
    count = len(influence)
    if count < 2 or np.isnan(value):
        return Interval(value, float("nan"), float("nan"))
    error = float(np.sqrt(count / (count - 1) * np.square(influence).sum()))
    return Interval(value, max(least, value - Z * error), min(most, value + Z * error))


def _ranks_within(predicted: Array, units: Units) -> Doubles:
    """(n,) rank of each row among those of its user, from 1, ties sharing the mean of their ranks."""
    order = np.lexsort((predicted, units.row))
    user, value = units.row[order], predicted[order]
    place = np.arange(len(order)) - np.searchsorted(user, user)
    group = np.cumsum(np.diff(user, prepend=-1).astype(bool) | np.append(True, value[1:] != value[:-1])) - 1
    mean = np.bincount(group, place) / np.bincount(group) if len(order) else np.zeros(0)
    ranks = np.empty(len(order))
    ranks[order] = mean[group] + 1
    return ranks
