"""Where the rankers of two releases differ on the same impressions: by head, and in calibration by segment and slot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from evaluation import calibration
from evaluation.auc import auc_difference
from evaluation.heads import auc
from evaluation.intervals import Bootstrap, Interval, percentiles, units_of
from jobs.comparing.contribution import Contribution, Kind, of_interval
from jobs.comparing.pair import Pair
from jobs.judging.heads import LEAST_GROUP
from jobs.judging.samples import Samples, Scores
from models.interface import Floats, Strings
from models.ranker_data import head_kinds

Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Both = tuple[Doubles, Doubles]
"""(n,) predictions of release a and of release b."""


def head_contributions(pair: Pair, a: Scores, b: Scores, samples: Samples, seed: int) -> Iterator[Contribution]:
    """Differences in the value that each head predicts per impression, by the weights of each release; in how well it
    orders; and in how far it is from what happened, in all and within each device, country and position, which count
    by their share of the impressions."""
    yield from _values(_valued(a, pair.a.surface.value), _valued(b, pair.b.surface.value), samples, seed)
    for head, kind in head_kinds(pair.b.surface).items():
        labels = samples.data.labels.get(head)
        if head in a and head in b and labels is not None and not np.isnan(labels).all():
            both = (a[head].astype(np.float64), b[head].astype(np.float64))
            yield from _of_head(head, kind, both, samples, seed)


def _values(a: Mapping[str, Doubles], b: Mapping[str, Doubles], samples: Samples, seed: int) -> Iterator[Contribution]:
    units, nothing = units_of(samples.users), np.zeros(len(samples))
    drawn, rows = Bootstrap(units.count, seed), units.sums(np.ones(len(samples)))
    whole = float(sum(np.abs(one).mean() for one in a.values()))
    for head in sorted({*a, *b}):
        mine, theirs = a.get(head, nothing), b.get(head, nothing)
        found = drawn.mean(units.sums(theirs - mine), rows)
        yield of_interval("heads", head, "predicted value", a=float(mine.mean()), found=found, whole=whole)


def _of_head(head: str, kind: str, both: Both, samples: Samples, seed: int) -> Iterator[Contribution]:
    labels, users, (a, b) = samples.data.labels[head], samples.users, both
    order = auc_difference(labels, b, a, users)
    if not np.isnan(order.value):
        mine = auc(labels, a)
        yield of_interval("heads", head, "AUC", a=mine, found=order, whole=mine)
    if kind == "binary":
        error = calibration.difference(labels, b, a, users, seed)
        mine = calibration.measure(labels, a, users, seed).ece.value
        whole = float(np.nanmean(labels))
        yield of_interval("calibration", head, "calibration error", a=mine, found=error, whole=whole)
    known = ~np.isnan(labels)
    for where, name, part in _parts(head, samples, known):
        found, off = _gap(labels[part], (a[part], b[part]), users[part], seed)
        whole = float(labels[known].mean() * known.sum() / part.sum())
        yield of_interval(where, name, "predicted off observed", a=off, found=found, whole=whole)


def _parts(head: str, samples: Samples, known: Mask) -> Iterator[tuple[Kind, str, Mask]]:
    """All samples whose label is known, then those of each device, country and position that has enough."""
    yield "calibration", head, known
    for group, values in samples.groups.items():
        for value in np.unique(values).tolist():
            part = (values == value) & known
            if int(part.sum()) >= LEAST_GROUP:
                yield "position" if group == "position" else "calibration", f"{head}, {group} {value}", part


def _gap(labels: Floats, both: Both, users: Strings, seed: int) -> tuple[Interval, float]:
    """The difference in |mean predicted - mean observed| between b and a, and that of a."""
    units = units_of(users)
    drawn, rows = Bootstrap(units.count, seed, calibration.REPLICATES), units.sums(np.ones(len(labels)))
    sums = [units.sums(one - labels) for one in both]
    a, b = (abs(float(one.sum())) / len(labels) for one in sums)
    if units.count < 2:
        return Interval(b - a, float("nan"), float("nan")), a
    below = drawn.weights @ rows.astype(np.float32)
    again = [np.abs(drawn.weights @ one.astype(np.float32)) for one in sums]
    drew = (again[1] - again[0])[below > 0] / below[below > 0]
    return Interval(b - a, *percentiles(drew.astype(np.float64))), a


def _valued(scores: Scores, weights: Mapping[str, float]) -> dict[str, Doubles]:
    """(n,) weighted prediction of each head that has a weight."""
    return {head: weight * scores[head].astype(np.float64) for head, weight in weights.items() if head in scores}
