"""How often two items are responded to by the same users, and the normalisations that make it a similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from models.interface import Floats

EXPONENTS: dict[str, tuple[float, float]] = {
    "cosine": (0.5, 0.5),
    "asymmetric_cosine": (0.7, 0.3),
    "conditional": (1.0, 0.0),
    "lift": (1.0, 1.0),
}
"""c_ij / (c_i^a c_j^b) from item i of the history to candidate j, as (a, b): a small b lets popular candidates win.

Asymmetric cosine: Aiolli, RecSys 2013; conditional probability: Deshpande and Karypis, TOIS 2004.
"""
NORMALISATIONS = (*EXPONENTS, "jaccard")


@dataclass(frozen=True)
class Cooccurrence:
    """Pairs of different items that some user responded to both.

    `pairs`: (n, n) float32 CSR of c_ij, the sum over users of the product of both weights, columns of recommendable
    items only. `own`: (n,) float32 c_ii.
    """

    pairs: Any
    own: Floats

    @classmethod
    def count(cls, user_item: Any, recommendable: npt.NDArray[np.bool_]) -> Cooccurrence:
        """Count a (users, items) matrix; `recommendable`: (items,) whether an item may be a neighbour."""
        counts = (user_item.T @ user_item).tocoo()
        own = counts.diagonal().astype(np.float32)
        keep = (counts.row != counts.col) & recommendable[counts.col]
        pairs = sp.coo_matrix((counts.data[keep], (counts.row[keep], counts.col[keep])), shape=counts.shape).tocsr()
        return cls(pairs, own)

    def similarities(self, normalisation: str) -> Any:
        """(n, n) float32 CSR of similarities, row = item of the history, column = candidate."""
        rows, columns = np.repeat(np.arange(len(self.own)), np.diff(self.pairs.indptr)), self.pairs.indices
        if normalisation == "jaccard":
            divisor = self.own[rows] + self.own[columns] - self.pairs.data
        else:
            a, b = EXPONENTS[normalisation]
            divisor = (self.own**a)[rows] * (self.own**b)[columns]
        values = (self.pairs.data / divisor).astype(np.float32)
        return sp.csr_matrix((values, columns, self.pairs.indptr), shape=self.pairs.shape)


def neighbours(similar: Any, k: int) -> Any:
    """CSR `similar` with only the k largest values of each row."""
    keep = np.ones(similar.nnz, dtype=np.bool_)
    for row in np.flatnonzero(np.diff(similar.indptr) > k):
        start, end = similar.indptr[row], similar.indptr[row + 1]
        keep[start + np.argpartition(-similar.data[start:end], k)[k:]] = False
    starts = np.concatenate([[0], np.cumsum(keep)])[similar.indptr]
    return sp.csr_matrix((similar.data[keep], similar.indices[keep], starts), shape=similar.shape)


def recency_weights(length: int, recency: float) -> Floats:
    """(length,) float32 weights of a history, oldest first: the last item 1, each earlier one `recency` of the next."""
    return (recency ** np.arange(length - 1, -1, -1, dtype=np.float64)).astype(np.float32)
