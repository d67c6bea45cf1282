"""How lists spread over the catalogue, with what other users' lists would have made of it.

Coverage, Gini and entropy are of all lists together, so their uncertainty is that of which users were asked: the same
figures of lists that are drawn anew, user by user (cluster bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from evaluation.intervals import Bootstrap, Interval, around
from evaluation.ranking.exposure import coverage, entropy, gini
from evaluation.ranking.hits import Doubles, Ints

FIGURES = ("coverage", "gini", "entropy")
REPLICATES = 100
"""Samples drawn anew: each is a pass over all items that any list shows."""
CHUNK = 25


@dataclass(frozen=True)
class Spread:
    """`values` of all lists together and what they are `again` (replicates,) in each sample, both by figure; of a
    catalogue of `items`."""

    items: int
    values: dict[str, float]
    again: dict[str, Doubles]

    def interval(self, figure: str) -> Interval:
        """One figure with its interval, which stays within what the figure can be."""
        found = around(self.values[figure], self.again[figure])
        most = np.log2(max(self.items, 1)) if figure == "entropy" else 1.0
        return Interval(found.value, max(found.low, 0.0), min(found.high, float(most)))

    def less(self, other: Spread, figure: str) -> Interval:
        """By how much one figure is above that of `other`, whose lists went to the same users."""
        return around(self.values[figure] - other.values[figure], self.again[figure] - other.again[figure])


def spread(shown: Ints, items: int, drawn: Bootstrap) -> Spread:
    """Of the lists `shown` (m, k), rows of a catalogue of `items`, -1 where there is none; `drawn`: the m users."""
    rows, columns = np.nonzero(shown >= 0)
    seen, place = np.unique(shown[rows, columns], return_inverse=True)
    counts = np.zeros(items, dtype=np.int64)
    counts[seen] = np.bincount(place, minlength=len(seen))
    values = {"coverage": coverage(counts), "gini": gini(counts), "entropy": entropy(counts)}
    by_user = csr_matrix((np.ones(len(rows), np.float32), (rows, place)), shape=(len(shown), max(len(seen), 1)))
    return Spread(items, values, _again(by_user, items, drawn))


def _again(by_user: csr_matrix, items: int, drawn: Bootstrap) -> dict[str, Doubles]:
    parts: dict[str, list[Doubles]] = {figure: [] for figure in FIGURES}
    weights = drawn.weights[:REPLICATES]
    for first in range(0, len(weights), CHUNK):
        exposure = np.sort((by_user.T @ weights[first : first + CHUNK].T).T.astype(np.float64), axis=1)
        for figure, value in zip(FIGURES, _figures(exposure, items), strict=True):
            parts[figure].append(value)
    return {figure: np.concatenate(found) if found else np.zeros(0) for figure, found in parts.items()}


def _figures(exposure: Doubles, items: int) -> tuple[Doubles, Doubles, Doubles]:
    """Coverage, Gini and entropy of each row of `exposure` (r, u), sorted; the other `items` - u were never shown."""
    total = exposure.sum(axis=1)
    total = np.where(total > 0, total, np.nan)
    ranks = np.arange(items - exposure.shape[1] + 1, items + 1)
    shares = exposure / total[:, None]
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return (
        np.asarray((exposure > 0).sum(axis=1) / max(items, 1)),
        np.asarray(exposure @ (2.0 * ranks - items - 1) / (items * total)),
        np.asarray(-(shares * logs).sum(axis=1)),
    )
