"""From scores to lists: how ties are broken, and what a metric is worth where they are not.

A list metric depends on the order of tied items. `ranked` breaks ties by the row of the item, always; `Places` knows
how many items tie with a held-out one, so that its rank can be taken at best, at worst, or as an expectation over all
orders of the tied items (McSherry, Najork 2008, "Computing information retrieval performance measures efficiently in
the presence of tied scores").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from evaluation.ranking.hits import Doubles, Ints

Ties = Literal["expected", "best", "worst"]
Scores = npt.NDArray[np.floating[Any]]


def ranked(scores: Scores, k: int) -> Ints:
    """(m, k) rows of the k highest of each request's (m, n) `scores`, best first; of equal ones the earlier row.

    An item scored -inf or NaN is not listed: -1.
    """
    keys = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-keys, axis=1, kind="stable")[:, :k]
    listed = np.isfinite(np.take_along_axis(keys, order, axis=1))
    return np.where(listed, order, -1).astype(np.int64)


@dataclass(frozen=True)
class Places:
    """Where one held-out item of each of m requests stands: (m,) items `above` it, and (m,) `tied` with it."""

    above: Ints
    tied: Ints

    @property
    def ambiguous(self) -> float:
        """Share of the requests whose held-out item ties with another: where the order of ties decides."""
        return float((self.tied > 0).mean()) if len(self.tied) else float("nan")

    def hit_rate(self, k: int, ties: Ties = "expected") -> float:
        """Mean chance that the item stands in the first k; with one held-out item this is recall@k too."""
        return self._mean(np.ones(k), ties)

    def ndcg(self, k: int, ties: Ties = "expected") -> float:
        """Mean 1 / log2(rank + 2) of the item, rank from 0, and 0 beyond k."""
        return self._mean(1 / np.log2(np.arange(k) + 2), ties)

    def mrr(self, k: int, ties: Ties = "expected") -> float:
        """Mean 1 / (rank + 1) of the item, and 0 beyond k."""
        return self._mean(1 / np.arange(1, k + 1), ties)

    def _mean(self, worth: Doubles, ties: Ties) -> float:
        if not len(self.above):
            return float("nan")
        k, total = len(worth), np.concatenate([[0.0], np.cumsum(worth)])
        first = self.above if ties != "worst" else self.above + self.tied
        last = self.above + 1 if ties == "best" else self.above + self.tied + 1
        summed = total[np.minimum(last, k)] - total[np.minimum(first, k)]
        return float((summed / (last - first)).mean())


def places(scores: Scores, held_out: Ints, masked: npt.NDArray[np.bool_] | None = None) -> Places:
    """Where item `held_out` (m,) stands among each request's (m, n) `scores`, without the `masked` (m, n) others.

    Raises ValueError for a held-out item that is masked or has no score: it could not be recommended at all.
    """
    rows = np.arange(len(held_out))
    own = scores[rows, held_out]
    if np.isnan(own).any() or (masked is not None and masked[rows, held_out].any()):
        raise ValueError("a held-out item is masked or has no score")
    others = np.ones(scores.shape, dtype=np.bool_) if masked is None else ~masked
    above = ((scores > own[:, None]) & others).sum(axis=1)
    tied = ((scores == own[:, None]) & others).sum(axis=1) - 1
    return Places(above.astype(np.int64), tied.astype(np.int64))
