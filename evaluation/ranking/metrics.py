"""How good ranked lists are, per request: functions of `Hits` and k that answer (m,) float64; `..._at` are their means.

A mean over no request is NaN. Requests with nothing to find are not in `Hits` and count nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from evaluation.ranking.hits import Doubles, Hits

Metric = Callable[[Hits, int], Doubles]
Gain = Literal["linear", "exponential"]


def recall(found: Hits, k: int) -> Doubles:
    """Share of the relevant items that stand in the first k."""
    return np.asarray(found.found[:, :k].sum(axis=1) / found.relevant)


def precision(found: Hits, k: int) -> Doubles:
    """Share of the first k that is relevant; a list shorter than k counts as k long."""
    return np.asarray(found.found[:, :k].sum(axis=1) / k)


def hit_rate(found: Hits, k: int) -> Doubles:
    """1 where at least one relevant item stands in the first k, else 0."""
    return np.asarray(found.found[:, :k].any(axis=1), np.float64)


def reciprocal_rank(found: Hits, k: int) -> Doubles:
    """1 / rank of the first relevant item, 0 where it is not among the first k (Voorhees 1999)."""
    inside = found.found[:, :k]
    first = np.argmax(inside, axis=1) if inside.shape[1] else np.zeros(len(found), np.int64)
    return np.where(inside.any(axis=1), 1 / (first + 1), 0.0)


def average_precision(found: Hits, k: int) -> Doubles:
    """Mean precision at the ranks of the relevant items, over all of them: one beyond k counts 0 (trec_eval's
    `map_cut`; Buckley, Voorhees 2005)."""
    inside = found.found[:, :k]
    at = np.cumsum(inside, axis=1) / np.arange(1, inside.shape[1] + 1)
    return np.asarray((at * inside).sum(axis=1) / found.relevant)


def ndcg(found: Hits, k: int, gain: Gain = "linear") -> Doubles:
    """Discounted cumulative gain of the first k over that of the best order (Järvelin, Kekäläinen 2002).

    The discount of rank r (from 0) is 1 / log2(r + 2). Gains are those of the items, or 2^gain - 1 if `exponential`
    (Burges et al. 2005); where every gain is 1 both are the same.
    """
    discount = 1 / np.log2(np.arange(k) + 2)
    worth = (lambda g: np.exp2(g) - 1) if gain == "exponential" else np.asarray
    inside, best = worth(found.gains[:, :k]), worth(found.best[:, :k])
    ideal = best @ discount[: best.shape[1]]
    return np.asarray(inside @ discount[: inside.shape[1]] / ideal)


METRICS: dict[str, Metric] = {
    "recall": recall,
    "precision": precision,
    "hit_rate": hit_rate,
    "mrr": reciprocal_rank,
    "map": average_precision,
    "ndcg": ndcg,
}
"""Every list metric by the name it has in a report, before its @k."""


def recall_at(found: Hits, k: int) -> float:
    """Mean `recall`."""
    return _mean(recall(found, k))


def precision_at(found: Hits, k: int) -> float:
    """Mean `precision`."""
    return _mean(precision(found, k))


def hit_rate_at(found: Hits, k: int) -> float:
    """Mean `hit_rate`."""
    return _mean(hit_rate(found, k))


def mrr_at(found: Hits, k: int) -> float:
    """Mean `reciprocal_rank`."""
    return _mean(reciprocal_rank(found, k))


def map_at(found: Hits, k: int) -> float:
    """Mean `average_precision`."""
    return _mean(average_precision(found, k))


def ndcg_at(found: Hits, k: int, gain: Gain = "linear") -> float:
    """Mean `ndcg`."""
    return _mean(ndcg(found, k, gain))


def _mean(values: Doubles) -> float:
    return float(values.mean()) if len(values) else float("nan")
