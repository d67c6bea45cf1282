"""Candidates of several retrieval sources as one deduplicated list that remembers who brought what.

A pure function of ranked lists, so that offline evaluation blends exactly as serving does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from models.interface import Floats
from serving.release.catalogue import Rows
from surfaces.surface import Source

Name = TypeVar("Name", bound=str)
Mask = npt.NDArray[np.bool_]

DAMPING = 60
"""The k of reciprocal rank fusion (Cormack, Clarke, Buettcher: SIGIR 2009)."""


class Brought(Sequence[tuple[str, ...]]):
    """Which sources brought each of n items: `names` of s sources and an (n, s) `matrix`; element i names those of
    item i, in the surface's order."""

    def __init__(self, names: Sequence[str], matrix: Mask) -> None:
        self.names, self.matrix = tuple(names), matrix

    def __len__(self) -> int:
        return len(self.matrix)

    @overload
    def __getitem__(self, place: int) -> tuple[str, ...]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[tuple[str, ...]]: ...
    def __getitem__(self, place: int | slice) -> tuple[str, ...] | Sequence[tuple[str, ...]]:
        if isinstance(place, slice):
            return Brought(self.names, self.matrix[place])
        return tuple(self.names[column] for column in np.flatnonzero(self.matrix[place]).tolist())

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return (self[place] for place in range(len(self)))

    def take(self, places: Rows | Mask) -> Brought:
        """Those of the items at `places`."""
        return Brought(self.names, self.matrix[places])

    def first(self, name: str) -> Mask:
        """(n,) whether source `name` is the first that brought the item: the one that the impression log names."""
        if name not in self.names:
            return np.zeros(len(self), dtype=np.bool_)
        column = self.names.index(name)
        return np.asarray(self.matrix[:, column] & ~self.matrix[:, :column].any(axis=1))


@dataclass(frozen=True)
class Merged:
    """`rows` (n,) best first with the fused `scores` (n,) of each and the sources that `brought` it.

    `duplicates`: offers of an item that another source had offered too. `cut`: distinct items beyond the limit.
    """

    rows: Rows
    scores: Floats
    brought: Brought
    duplicates: int
    cut: int

    def __len__(self) -> int:
        return len(self.rows)


def merge(offers: Mapping[Any, Rows], quotas: Mapping[Name, Source], limit: int) -> Merged:
    """At most `limit` items from `offers` (source name to catalogue rows, best first; a negative one is no item).

    Each source brings at most its `max_quota`; its first `min_quota` are kept before the limit cuts anything. Order
    is by reciprocal rank fusion, the sum over sources of 1 / (60 + rank); ties keep the order of `quotas`.
    """
    names = list(quotas)
    lists = [np.asarray(offers.get(name, ()), dtype=np.int64)[: quotas[name].max_quota] for name in names]
    ranks = np.concatenate([np.arange(len(one)) for one in lists]) if lists else np.empty(0, np.int64)
    sources = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    rows = np.concatenate(lists) if lists else np.empty(0, np.int64)
    real = rows >= 0
    rows, ranks, sources = rows[real], ranks[real], sources[real]
    distinct, first, place = np.unique(rows, return_index=True, return_inverse=True)
    fused = np.bincount(place, weights=1.0 / (DAMPING + ranks), minlength=len(distinct))
    matrix = np.zeros((len(distinct), len(names)), dtype=np.bool_)
    matrix[place, sources] = True
    least = np.array([quotas[name].min_quota for name in names], dtype=np.int64)
    promised = np.zeros(len(distinct), dtype=np.bool_)
    promised[place[ranks < least[sources]]] = True
    order = np.lexsort((first, -fused))
    kept = order[_within(promised[order], limit)]
    return Merged(
        rows=distinct[kept],
        scores=fused[kept].astype(np.float32),
        brought=Brought(names, matrix[kept]),
        duplicates=len(rows) - len(distinct),
        cut=len(distinct) - len(kept),
    )


def _within(promised: Mask, limit: int) -> Mask:
    """(n,) which of n ordered items are kept: at most `limit`, the promised ones taken in first."""
    kept = promised & (np.cumsum(promised) <= limit)
    room = limit - int(kept.sum())
    return np.asarray(kept | (~promised & (np.cumsum(~promised) <= room)))
