"""Exact top-k: the answer every model gives without an index, and the judge of every index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.interface import Floats, Ints, Recommended, Requests
from models.vocabulary import Vocabulary

CHUNK = 512
"""Requests scored at once: bounds the score matrix to CHUNK x items."""


def top_k(scores: Floats, items: Vocabulary, k: int) -> Recommended:
    """The k best columns of (m, n) `scores`, ties in the order of rows; -inf marks what may not be recommended."""
    m, n = scores.shape
    found = Recommended(np.full((m, k), "", dtype=object), np.full((m, k), -np.inf, dtype=np.float32))
    width = min(k, n)
    if not width or not m:
        return found
    columns = _best_columns(scores, width)
    best = np.take_along_axis(scores, columns, axis=1)
    found.scores[:, :width] = best
    found.items[:, :width] = np.where(np.isfinite(best), items.ids[columns], "")
    return found


def by_inner_product(
    queries: Floats,
    known: npt.NDArray[np.bool_],
    vectors: Floats,
    items: Vocabulary,
    *,
    seen: Sequence[Sequence[str]],
    k: int,
) -> Recommended:
    """The k unseen items with the largest inner product for each (m, d) query; none where `known` is false."""
    parts = []
    for start in range(0, len(queries), CHUNK):
        chunk = slice(start, start + CHUNK)
        scores = queries[chunk] @ vectors.T
        scores[~known[chunk]] = -np.inf
        mask_seen(scores, items, seen[chunk])
        parts.append(top_k(scores, items, k))
    return concatenated(parts, k)


def mask_seen(scores: Floats, items: Vocabulary, seen: Sequence[Sequence[str]]) -> None:
    """Set the score of every seen item to -inf, in place."""
    for row, listed in enumerate(seen):
        scores[row, items.known(listed)] = -np.inf


def concatenated(parts: Sequence[Recommended], k: int) -> Recommended:
    """The parts below one another; (0, k) arrays when there are none."""
    if not parts:
        return Recommended(np.empty((0, k), dtype=object), np.empty((0, k), dtype=np.float32))
    return Recommended(np.concatenate([p.items for p in parts]), np.concatenate([p.scores for p in parts]))


def chunks(requests: Requests) -> list[Requests]:
    """The requests in runs of at most CHUNK."""
    starts = range(0, len(requests), CHUNK)
    return [
        Requests(requests.users[s : s + CHUNK], requests.histories[s : s + CHUNK], requests.seen[s : s + CHUNK])
        for s in starts
    ]


def _best_columns(scores: Floats, width: int) -> Ints:
    if width < scores.shape[1]:
        columns = np.sort(np.argpartition(-scores, width - 1, axis=1)[:, :width], axis=1)
    else:
        columns = np.broadcast_to(np.arange(width), scores.shape)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1).astype(np.int64)
