"""How near an item is to what a user responded to, by who else responded to both: one function trains and serves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from features.request import Floats, Ints

CHUNK = 2000
"""Histories whose neighbours are held at once."""


def nearness(similar: Any, history: Ints, lengths: Ints, of: Ints, items: Ints) -> Floats:
    """(n,) float32 square root of the mean similarity of an item to the items of a history; NaN where that has none.

    `similar` (m, m) float32 CSR of similarities, row = item of the history. `history` holds the rows of all histories
    one after the other, -1 for an item without a row, and `lengths` how many are whose. `of` (n,) says which history
    each of `items` (n,) is asked for; both are -1 where there is none.
    """
    known, size = history >= 0, similar.shape[0]
    count = np.bincount(np.repeat(np.arange(len(lengths)), lengths)[known], minlength=len(lengths))
    starts = np.concatenate([[0], np.cumsum(count)])
    given = sp.csr_matrix((np.ones(len(history[known]), np.float64), history[known], starts), (len(lengths), size))
    found = np.full(len(items), np.nan)
    for first in range(0, len(lengths), CHUNK):
        mine = np.flatnonzero((of >= first) & (of < first + CHUNK) & (items >= 0))
        near = given[first : first + CHUNK] @ similar
        total = _entries(near, of[mine] - first, items[mine])
        with np.errstate(invalid="ignore", divide="ignore"):
            found[mine] = np.sqrt(total / count[of[mine]])
    return found.astype(np.float32)


def _entries(matrix: Any, rows: Ints, columns: Ints) -> npt.NDArray[np.float64]:
    """(n,) the entries of CSR `matrix` at (rows, columns), 0 where it has none."""
    matrix.sort_indices()
    width = np.int64(matrix.shape[1])
    held = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr)) * width + matrix.indices
    wanted = rows * width + columns
    places = np.minimum(np.searchsorted(held, wanted), max(len(held) - 1, 0))
    if not len(held):
        return np.zeros(len(wanted))
    return np.where(held[places] == wanted, matrix.data[places], 0.0)
