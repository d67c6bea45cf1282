"""Where the items that were looked for stand in ranked lists: what every list metric is computed from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
NOTHING = ""
"""The id of a place in a list that holds no item."""


@dataclass(frozen=True)
class Hits:
    """m requests that had something to find, and lists of k.

    `gains`: (m, k) float64, how much the item at each rank is worth, 0 if it was not looked for. `best`: (m, r)
    float64, what there was to find, dearest first, filled up with 0. `rows`: (m,) which requests those were.
    """

    gains: Doubles
    best: Doubles
    rows: Ints

    def __len__(self) -> int:
        return len(self.gains)

    @property
    def found(self) -> Bools:
        """(m, k) whether the item at each rank was looked for."""
        return self.gains > 0

    @property
    def relevant(self) -> Ints:
        """(m,) how many items there were to find."""
        return np.asarray((self.best > 0).sum(axis=1), dtype=np.int64)


def hits(
    recommended: npt.NDArray[Any] | Sequence[Sequence[Any]],
    relevant: Sequence[Collection[Any] | Mapping[Any, float]],
) -> Hits:
    """Where the `relevant` items of each of m requests stand in its `recommended` list (best first, k each).

    A mapping gives each relevant item its gain, at least 0 (0: not relevant); in any other collection it is 1. An item
    that is recommended twice counts once, where it stands first; `""` is no item. Requests with nothing relevant are
    left out. Lists are ranked already: who made them has broken ties (`ranked` says how). Raises ValueError if the
    numbers of lists and requests differ, or for a gain that is negative or not finite.
    """
    if len(recommended) != len(relevant):
        raise ValueError(f"{len(recommended)} lists for {len(relevant)} requests")
    row, wanted, gain = _pairs(relevant)
    kept, at = np.unique(row, return_inverse=True)
    lists = _lists(recommended)[kept]
    best = _best(at, gain, len(kept))
    if not lists.size or not len(row):
        return Hits(np.zeros((len(kept), lists.shape[1] if lists.ndim == 2 else 0)), best, kept)
    codes, width = _codes(lists, wanted)
    offered = np.arange(len(kept))[:, None] * width + codes[: lists.size].reshape(lists.shape)
    asked = at * width + codes[lists.size :]
    return Hits(_gains(offered, asked, gain), best, kept)


def _pairs(relevant: Sequence[Collection[Any] | Mapping[Any, float]]) -> tuple[Ints, npt.NDArray[np.object_], Doubles]:
    """(n,) request, item and gain of everything that is looked for."""
    rows: list[int] = []
    items: list[Any] = []
    gains: list[float] = []
    for row, wanted in enumerate(relevant):
        graded = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted, 1.0)
        for item, gain in graded.items():
            if not (np.isfinite(gain) and gain >= 0):
                raise ValueError(f"the gain of {item!r} in request {row} is {gain}: it must be 0 or more")
            if item != NOTHING and gain > 0:
                rows.append(row)
                items.append(item)
                gains.append(float(gain))
    return np.array(rows, dtype=np.int64), _objects(items), np.array(gains, dtype=np.float64)


def _lists(recommended: npt.NDArray[Any] | Sequence[Sequence[Any]]) -> npt.NDArray[np.object_]:
    lists = np.asarray(recommended, dtype=object)
    return lists if lists.ndim == 2 else lists.reshape(len(lists), 0)


def _best(at: Ints, gain: Doubles, requests: int) -> Doubles:
    """(requests, r) gains of each request, largest first."""
    counts = np.bincount(at, minlength=requests)
    best = np.zeros((requests, int(counts.max(initial=0))))
    order = np.lexsort((-gain, at))
    place = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    best[at[order], place] = gain[order]
    return best


def _codes(lists: npt.NDArray[np.object_], wanted: npt.NDArray[np.object_]) -> tuple[Ints, int]:
    """A number for every item of the raveled lists, then of `wanted`; and how many numbers there are."""
    codes, names = pd.factorize(np.concatenate([lists.ravel(), wanted]), use_na_sentinel=False)
    return np.asarray(codes, dtype=np.int64), len(names)


def _gains(offered: Ints, asked: Ints, gain: Doubles) -> Doubles:
    """(m, k) gain of each (request, item) that is offered, where it stands for the first time."""
    order = np.argsort(asked)
    place = np.minimum(np.searchsorted(asked, offered, sorter=order), len(asked) - 1)
    matched = asked[order[place]] == offered
    gains = np.zeros(offered.shape)
    gains[matched] = gain[order[place[matched]]]
    keys = offered[matched]
    _, first = np.unique(keys, return_index=True)
    repeated = np.ones(len(keys), dtype=np.bool_)
    repeated[first] = False
    gains[matched] = np.where(repeated, 0.0, gains[matched])
    return gains


def _objects(items: list[Any]) -> npt.NDArray[np.object_]:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array
