"""How good ranked lists are: pure functions over arrays, averaged over the m requests that had something to find."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hits:
    """`found`: (m, k) bool, was the item at each rank relevant. `relevant`: (m,) how many there were to find."""

    found: npt.NDArray[np.bool_]
    relevant: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.found)


def hits(recommended: npt.NDArray[Any] | Sequence[Sequence[Any]], relevant: Sequence[Collection[Any]]) -> Hits:
    """Where the `relevant` items of each of m requests stand in its `recommended` list (best first, k each).

    An item that is recommended twice counts once, where it stands first; `""` is no item. Requests with nothing
    relevant are left out. Raises ValueError if the lengths differ.
    """
    if len(recommended) != len(relevant):
        raise ValueError(f"{len(recommended)} lists for {len(relevant)} requests")
    kept = [(row, wanted) for row, listed in enumerate(relevant) if (wanted := set(listed) - {""})]
    width = len(recommended[0]) if len(recommended) else 0
    found = np.zeros((len(kept), width), dtype=np.bool_)
    counts = np.array([len(wanted) for _, wanted in kept], dtype=np.int64)
    for place, (row, wanted) in enumerate(kept):
        for rank, item in enumerate(recommended[row]):
            if item in wanted:
                found[place, rank] = True
                wanted.remove(item)
    return Hits(found, counts)


def recall_at(found: Hits, k: int) -> float:
    """Mean share of the relevant items that stand in the first k."""
    return _mean(found, lambda h: np.asarray(h.found[:, :k].sum(axis=1) / h.relevant))


def precision_at(found: Hits, k: int) -> float:
    """Mean share of the first k that is relevant; a list shorter than k counts as k long."""
    return _mean(found, lambda h: np.asarray(h.found[:, :k].sum(axis=1) / k))


def hit_rate_at(found: Hits, k: int) -> float:
    """Share of requests with at least one relevant item in the first k."""
    return _mean(found, lambda h: np.asarray(h.found[:, :k].any(axis=1), np.float64))


def ndcg_at(found: Hits, k: int) -> float:
    """Mean discounted cumulative gain of the first k over that of the best order (Järvelin, Kekäläinen 2002).

    Gains are 0 or 1, the discount of rank r (from 0) is 1 / log2(r + 2), the best order has min(k, relevant) hits.
    """
    discount = 1 / np.log2(np.arange(k) + 2)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])

    def per_request(h: Hits) -> Doubles:
        inside = h.found[:, :k]
        return np.asarray(inside @ discount[: inside.shape[1]] / ideal[np.minimum(h.relevant, k)])

    return _mean(found, per_request)


def mrr_at(found: Hits, k: int) -> float:
    """Mean reciprocal rank of the first relevant item, 0 where it is not among the first k (Voorhees 1999)."""

    def per_request(h: Hits) -> Doubles:
        inside = h.found[:, :k]
        first = np.argmax(inside, axis=1) if inside.shape[1] else np.zeros(len(h), np.int64)
        return np.where(inside.any(axis=1), 1 / (first + 1), 0.0)

    return _mean(found, per_request)


def exposures(recommended: npt.NDArray[Any], catalogue: Sequence[str] | npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """(n,) how often each of the n items of `catalogue` stands in `recommended`; items outside it are not counted."""
    row = {item: place for place, item in enumerate(catalogue)}
    places = [row[item] for item in np.ravel(recommended).tolist() if item in row]
    return np.bincount(np.array(places, dtype=np.int64), minlength=len(row))


def coverage(counts: npt.NDArray[np.int64]) -> float:
    """Share of the catalogue that was shown at all (Ge et al. 2010, "Beyond accuracy"); NaN for an empty one."""
    return float((counts > 0).mean()) if len(counts) else float("nan")


def gini(counts: npt.NDArray[np.int64] | Doubles) -> float:
    """Gini index of exposure over the catalogue, items never shown included: 0 if all are shown equally often, towards
    1 if one item has all (Gini 1912; Fleder, Hosanagar 2009). NaN if nothing was shown."""
    total, n = float(np.sum(counts)), len(counts)
    if not total:
        return float("nan")
    ranks = np.arange(1, n + 1)
    return float(((2 * ranks - n - 1) @ np.sort(counts)) / (n * total))


def _mean(found: Hits, per_request: Callable[[Hits], Doubles]) -> float:
    return float(per_request(found).mean()) if len(found) else float("nan")
