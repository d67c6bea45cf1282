"""Nearest items by inner product, with FAISS: 4-bit codes, HNSW, IVF-Flat, or exact search, which is also the judge.

A slate needs hundreds of items of each source. A graph walks to each of them through memory (a million items: 4 ms for
650), while codes of half a byte a dimension are scanned from end to end (Andre et al.: VLDB 2015; `pq`: 2 ms), or, as
`ivf_pq`, in the nearest lists alone. What the codes find best, several times k, is scored again by the true vectors, so
scores are exact inner products as those of every kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from threadpoolctl import threadpool_limits

from models.interface import Floats, Ints
from schemas.errors import UserError

KINDS = ("ivf_pq", "pq", "hnsw", "ivf_flat", "flat")
AUGMENTABLE = ("hnsw", "ivf_flat")
HNSW_LINKS = 32
EF_CONSTRUCTION = 200
EF_SEARCH = 256
NPROBE_SHARE = 0.1
"""Share of the inverted lists that a query visits."""
LEAST_SHARE, MOST_SHARE = 1 / 32, 1 / 4
"""The same of `ivf_pq`: where it begins, and beyond which all codes are scanned about as fast."""
CODE_BITS = 4
SHORTLIST, SHORTLIST_LEAST = 2.0, 500
"""What is scored again by the true vectors: so many times k, and no fewer than these."""
CODED_FROM = 1000
"""Below, there is too little to learn codes from, and exact search is as fast."""


@dataclass
class ItemIndex:
    """An index over (n, d) float32 item vectors; the row of a vector is its answer.

    `augmented`: vectors carry one more coordinate, sqrt(M^2 - |x|^2) with M the largest norm, so that the nearest by
    Euclidean distance is the largest by inner product (Bachrach et al., RecSys 2014). It helps where norms differ
    much, and costs recall where they do not: the caller measures.
    """

    kind: str
    augmented: bool
    _faiss: Any = field(repr=False)
    _largest: float = field(repr=False)
    """M^2 of an augmented index."""

    def __len__(self) -> int:
        return int(self._faiss.ntotal)

    @classmethod
    def build(cls, kind: str, vectors: Floats, seed: int, *, augmented: bool = False) -> ItemIndex:
        """Index `vectors`; the same vectors and seed give the same index, since one thread builds it.

        Raises UserError for an unknown kind.
        """
        if kind not in KINDS:
            raise UserError(f"there is no index kind {kind!r}", fix=f"kinds are: {', '.join(KINDS)}")
        if augmented and kind not in AUGMENTABLE:
            raise ValueError(f"{kind} works by inner products: it needs no augmentation")
        stored = _augmented(vectors) if augmented else np.ascontiguousarray(vectors, np.float32)
        metric = faiss.METRIC_L2 if augmented else faiss.METRIC_INNER_PRODUCT
        with threadpool_limits(1):
            index = _empty(kind, stored, metric, seed)
            index.add(stored)
        return cls._over(index)

    def search(self, queries: Floats, k: int) -> tuple[Floats, Ints]:
        """(m, k) float32 inner products, descending, and (m, k) rows; -inf and -1 where fewer were found."""
        width = min(k, len(self))
        scores = np.full((len(queries), k), -np.inf, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        if not width or not len(queries):
            return scores, rows
        asked = np.ascontiguousarray(queries, np.float32)
        if self.augmented:
            asked = np.hstack([asked, np.zeros((len(asked), 1), np.float32)])
        found, near = self._faiss.search(asked, width, params=self._effort(width))
        if self.augmented:
            found = ((asked**2).sum(axis=1, keepdims=True) + self._largest - found) / 2
        scores[:, :width], rows[:, :width] = np.where(near >= 0, found, -np.inf), near
        return scores, rows

    def widen(self) -> bool:
        """Visit twice as many lists from now on, as the saved file will say too; False if no more are worth it."""
        if self.kind != "ivf_pq":
            return False
        coded: Any = faiss.downcast_index(self._faiss.base_index)
        if 2 * coded.nprobe > max(1, MOST_SHARE * coded.nlist):
            return False
        coded.nprobe *= 2
        return True

    def work(self, k: int) -> tuple[int, int]:
        """(bytes read one after the other, vectors read here and there) by one search for `k`; of a graph, a guess."""
        n, size = len(self), 4 * int(self._faiss.d)
        if self.kind == "flat":
            return n * size, 0
        if self.kind == "hnsw":
            return 0, HNSW_LINKS * max(EF_SEARCH, 2 * k)
        if self.kind == "ivf_flat":
            lists = int(self._faiss.nlist)
            return lists * size + round(n * size * max(NPROBE_SHARE, 8 / lists)), 0
        coded: Any = faiss.downcast_index(self._faiss.base_index)
        codes, share, coarse = n * size * CODE_BITS // 32, 1.0, 0
        if self.kind == "ivf_pq":
            share, coarse = coded.nprobe / coded.nlist, coded.nlist * size
        return coarse + round(share * codes), round(max(SHORTLIST * k, SHORTLIST_LEAST))

    def save(self, path: Path) -> None:
        """Write to one file."""
        faiss.write_index(self._faiss, str(path))

    @classmethod
    def load(cls, path: Path) -> ItemIndex:
        """The index that `save` wrote; raises UserError if there is none."""
        if not path.exists():
            raise UserError(f"there is no index at {path}", fix="run the night's index step again")
        return cls._over(faiss.read_index(str(path)))

    @classmethod
    def _over(cls, index: Any) -> ItemIndex:
        whole, index = index, faiss.downcast_index(index)
        index.referenced_objects = [whole]  # the narrowed view does not own the memory that it shows
        kind = _kind_of(index)
        augmented = index.metric_type == faiss.METRIC_L2
        largest = 0.0
        if augmented and index.ntotal:
            if kind == "ivf_flat":
                index.make_direct_map()
            largest = float((index.reconstruct(0).astype(np.float64) ** 2).sum())
        return cls(kind, augmented, index, largest)

    def _effort(self, width: int) -> Any:
        """Search parameters of one call: set on the index, they would change searches that other threads run."""
        library: Any = faiss  # its stubs lack these two
        if self.kind == "hnsw":
            return library.SearchParametersHNSW(efSearch=max(EF_SEARCH, 2 * width))
        if self.kind == "ivf_flat":
            return library.SearchParametersIVF(nprobe=max(1, round(NPROBE_SHARE * self._faiss.nlist), 8))
        if self.kind in ("pq", "ivf_pq"):
            # Of inverted lists, the file itself says how many are visited.
            return library.IndexRefineSearchParameters(k_factor=max(SHORTLIST, SHORTLIST_LEAST / width))
        return None


def _augmented(vectors: Floats) -> Floats:
    norms = (vectors.astype(np.float64) ** 2).sum(axis=1)
    rest = np.sqrt(np.maximum(norms.max(initial=0.0) - norms, 0.0))
    return np.ascontiguousarray(np.hstack([vectors, rest[:, None]]), np.float32)


def _kind_of(index: Any) -> str:
    if isinstance(index, faiss.IndexRefine):
        coded = faiss.downcast_index(index.base_index)
        return "ivf_pq" if isinstance(coded, faiss.IndexIVFPQFastScan) else "pq"
    return {faiss.IndexHNSWFlat: "hnsw", faiss.IndexIVFFlat: "ivf_flat"}.get(type(index), "flat")


def _coded(kind: str, vectors: Floats, seed: int) -> Any:
    """One code a dimension, in no or in about sqrt(n) lists, with the true vectors beside them."""
    n, d = vectors.shape
    metric = faiss.METRIC_INNER_PRODUCT
    if kind == "pq":
        coded: Any = faiss.IndexPQFastScan(d, d, CODE_BITS, metric)
    else:
        lists = max(1, min(round(n**0.5), n // 39))
        coded = faiss.IndexIVFPQFastScan(faiss.IndexFlat(d, metric), d, lists, d, CODE_BITS, metric)
        coded.cp.seed, coded.nprobe = seed, max(1, round(LEAST_SHARE * lists))
    coded.pq.cp.seed = seed
    coded.train(vectors)
    return faiss.IndexRefineFlat(coded)


def _empty(kind: str, vectors: Floats, metric: int, seed: int) -> Any:
    n, d = vectors.shape
    if kind == "flat" or not n or (kind in ("pq", "ivf_pq") and n < CODED_FROM):
        return faiss.IndexFlat(d, metric)
    if kind in ("pq", "ivf_pq"):
        return _coded(kind, vectors, seed)
    if kind == "hnsw":
        graph = faiss.IndexHNSWFlat(d, HNSW_LINKS, metric)
        graph.hnsw.efConstruction = EF_CONSTRUCTION
        return graph
    lists = max(1, min(round(4 * n**0.5), n // 39))
    inverted = faiss.IndexIVFFlat(faiss.IndexFlat(d, metric), d, lists, metric)
    inverted.cp.seed = seed
    inverted.train(vectors)
    return inverted
