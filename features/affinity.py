"""How near an item is to what a user responded to, by what the items contain: the same function trains and serves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.request import Floats, Ints

Wide = npt.NDArray[np.float64]


def contents(values: pa.Array | pa.ChunkedArray, width: int | None = None) -> Floats:
    """(n, width) float32 content embeddings out of a column of n lists; one of another length than `width`, or none,
    is unknown (NaN).

    Without a `width` it is the length that most have.
    """
    lists = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False))
    if width is None:
        counts = np.bincount(lengths[lengths > 0], minlength=1)
        width = len(counts) - 1 - int(np.argmax(counts[::-1])) if counts.any() else 0
    found = np.full((len(lengths), width), np.nan, np.float32)
    fit = (lengths == width) & (lengths > 0)
    flat = pc.list_flatten(lists.filter(pa.array(fit))).cast(pa.float32())
    found[fit] = flat.to_numpy(zero_copy_only=False).reshape(int(fit.sum()), width)
    return found


def unit(content: npt.NDArray[np.floating]) -> Wide:
    """`content` (n, d), rows of unit length in float64; a row that is unknown (NaN) or zero is NaN throughout."""
    wide = np.asarray(content, dtype=np.float64)
    length = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    return np.where(length > 0, wide / np.where(length > 0, length, 1.0), np.nan)


def tastes(vectors: Wide, history: Ints, lengths: Ints) -> Wide:
    """(m, d) the mean of the vectors of each history; NaN where none of its items has one.

    `vectors` (n, d) as `unit` gives them; `history` holds the rows of all m histories one after the other, -1 for an
    item without a row, and `lengths` (m,) how many are whose.
    """
    known = history >= 0
    known[known] = ~np.isnan(vectors[history[known], :1]).ravel()
    owner = np.repeat(np.arange(len(lengths)), lengths)[known]
    found = np.zeros((len(lengths), vectors.shape[1]))
    np.add.at(found, owner, vectors[history[known]])
    count = np.bincount(owner, minlength=len(lengths))[:, None]
    return np.where(count > 0, found / np.maximum(count, 1), np.nan)


def affinity(taste: Wide, of: Ints, vectors: Wide, items: Ints) -> Floats:
    """(n,) inner product of taste `of` each impression with the vector of its item; NaN where either is unknown.

    `of` (n,) indexes `taste` and `items` (n,) indexes `vectors`, both -1 where there is none. Between -1 and 1; a user
    whose responses point many ways is near to nothing.
    """
    known = (of >= 0) & (items >= 0)
    found = np.full(len(items), np.nan)
    found[known] = (taste[of[known]] * vectors[items[known]]).sum(axis=1)
    return found.astype(np.float32)
