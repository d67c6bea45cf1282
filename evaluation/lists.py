"""How good recommended lists are: recall, NDCG, coverage of the catalogue, and how unequally it is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Lists = npt.NDArray[np.object_]
"""(m, k) item ids, best first, `""` where a list is shorter."""
Relevant = Sequence[frozenset[str]]
"""What each of the m users responded to."""


def hits(lists: Lists, relevant: Relevant) -> npt.NDArray[np.bool_]:
    """(m, k) whether each recommended item was responded to. `""` never hits."""
    found = [[item in wanted and item != "" for item in row] for row, wanted in zip(lists, relevant, strict=True)]
    return np.asarray(found, dtype=np.bool_).reshape(lists.shape)


def recall(lists: Lists, relevant: Relevant, k: int) -> float:
    """Mean over users of |top k and relevant| / |relevant|; users without relevant items do not count.

    NaN if no user counts.
    """
    sizes = np.array([len(wanted) for wanted in relevant], dtype=np.float64)
    found = hits(lists[:, :k], relevant).sum(axis=1)
    return _mean(found[sizes > 0] / sizes[sizes > 0])


def ndcg(lists: Lists, relevant: Relevant, k: int) -> float:
    """Mean normalised discounted cumulative gain at k with binary gain 1 / log2(rank + 1) (Järvelin & Kekäläinen 2002).

    The ideal list holds min(k, |relevant|) relevant items first. Users without relevant items do not count.
    """
    gains = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(gains)])
    sizes = np.array([min(len(wanted), k) for wanted in relevant], dtype=np.int64)
    found = hits(lists[:, :k], relevant)
    gained = found @ gains[: found.shape[1]]
    return _mean(gained[sizes > 0] / ideal[sizes[sizes > 0]])


def coverage(lists: Lists, k: int, catalogue: int) -> float:
    """Share of the `catalogue` items that is in anybody's top k."""
    return len(_shown(lists, k)) / catalogue if catalogue else float("nan")


def gini(lists: Lists, k: int, catalogue: int) -> float:
    """Gini coefficient of how often each of the `catalogue` items is in a top k: 0 equal, towards 1 all on one."""
    counts = np.zeros(catalogue, dtype=np.float64)
    shown = sorted(_shown(lists, k).values())
    counts[catalogue - len(shown) :] = shown
    if counts.sum() == 0:
        return float("nan")
    ranks = np.arange(1, catalogue + 1)
    return float(((2 * ranks - catalogue - 1) * counts).sum() / (catalogue * counts.sum()))


def figures(lists: Lists, relevant: Relevant, ks: Sequence[int], catalogue: int) -> dict[str, float]:
    """`recall@k`, `ndcg@k`, `coverage@k` and `gini@k` for every k."""
    found: dict[str, float] = {}
    for k in ks:
        found[f"recall@{k}"] = recall(lists, relevant, k)
        found[f"ndcg@{k}"] = ndcg(lists, relevant, k)
        found[f"coverage@{k}"] = coverage(lists, k, catalogue)
        found[f"gini@{k}"] = gini(lists, k, catalogue)
    return found


def _shown(lists: Lists, k: int) -> dict[str, int]:
    items, counts = np.unique(lists[:, :k].astype(str), return_counts=True)
    return {item: int(count) for item, count in zip(items.tolist(), counts.tolist(), strict=True) if item}


def _mean(values: npt.NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
