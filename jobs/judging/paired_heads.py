"""How far apart two rankers are on the same impressions: paired differences with users as the units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from evaluation import calibration
from evaluation.auc import auc_by_user, auc_difference
from evaluation.heads import CLIP
from evaluation.intervals import Bootstrap, Interval, Units, units_of
from jobs.judging.samples import Samples, Scores
from models.interface import Floats, Strings
from schemas.evaluation import Paired


def against_champion(
    mine: Scores, theirs: Scores, samples: Samples, kinds: Mapping[str, str], seed: int
) -> Iterator[Paired]:
    """The difference in AUC (of all, and within users), in log loss and in calibration error of every head that both
    have, on the same samples."""
    for head, kind in kinds.items():
        if head not in mine or head not in theirs:
            continue
        labels, of = samples.data.labels[head], f"heads/{head}"
        users = len(set(samples.users[~np.isnan(labels)].tolist()))
        found = {"auc": auc_difference(labels, mine[head], theirs[head], samples.users)}
        if kind == "binary":
            found |= _paired_means(labels, mine[head], theirs[head], samples.users, seed)
            found["ece_debiased"] = calibration.difference(labels, mine[head], theirs[head], samples.users, seed)
        for figure, one in found.items():
            if not np.isnan(one.value):
                yield Paired(of, "champion", figure, one.value, *one.limits, users)


def _paired_means(labels: Floats, mine: Floats, theirs: Floats, users: Strings, seed: int) -> dict[str, Interval]:
    known = ~np.isnan(labels)
    y, p, q, units = labels[known], mine[known], theirs[known], units_of(users[known])
    drawn = Bootstrap(units.count, seed)
    loss = drawn.mean(units.sums(losses(y, p) - losses(y, q)), units.sums(np.ones(len(y))))
    return {"log_loss": loss, "gauc": drawn.mean(*weighed(*_auc_differences(y, p, q, units)))}


def _auc_differences(
    labels: Floats, mine: Floats, theirs: Floats, units: Units
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    found, rows = auc_by_user(labels, mine, units)
    other, _ = auc_by_user(labels, theirs, units)
    return found - other, rows


def weighed(
    found: npt.NDArray[np.float64], rows: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Sums and counts of (users,) values with `rows` as weights; a user without a value counts for nothing."""
    known = ~np.isnan(found)
    return np.where(known, found * rows, 0.0), np.where(known, rows, 0.0)


def losses(labels: Floats, predicted: Floats) -> npt.NDArray[np.float64]:
    """(n,) negative log likelihood of each label."""
    p = np.clip(predicted.astype(np.float64), CLIP, 1 - CLIP)
    return np.asarray(-(labels * np.log(p) + (1 - labels) * np.log1p(-p)))
