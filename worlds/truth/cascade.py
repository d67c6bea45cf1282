"""The best slate under a cascade: with items in the order of u / (1 - c), choosing them is a dynamic program.

u is an item's utility once looked at, c the probability of looking on below it; exchanging two neighbours shows that
a slate is best in descending order of u / (1 - c) (Kempe and Mahdian, 2008; Aggarwal et al., 2008).
"""

from __future__ import annotations

import numpy as np

from worlds.draws import Codes, Floats


def order(utility: Floats, goes_on: Floats) -> Floats:
    """The index by which a cascade's slate is sorted, best first; minus infinity stays so."""
    return np.asarray(utility / np.maximum(1.0 - goes_on, 1e-12))


def best(utility: Floats, goes_on: Floats, size: int) -> tuple[Codes, Floats]:
    """(r, size) columns of the best slates of exactly `size` of n columns, and their value once the top is looked at.

    Columns whose `utility` (r, n) is minus infinity are never chosen; -1 fills slates that have too few.
    """
    r, n = utility.shape
    size_now = np.minimum((utility > -np.inf).sum(axis=1), size)
    ascending = np.argsort(order(utility, goes_on), axis=1, kind="stable")
    u, c = np.take_along_axis(utility, ascending, axis=1), np.take_along_axis(goes_on, ascending, axis=1)
    worth = np.full((r, size + 1), -np.inf)
    worth[:, 0] = 0.0
    chosen = np.zeros((n, r, size), dtype=bool)
    for nth in range(n):
        with np.errstate(invalid="ignore"):
            new = u[:, nth : nth + 1] + np.where(worth[:, :-1] > -np.inf, c[:, nth : nth + 1] * worth[:, :-1], -np.inf)
        chosen[nth] = new > worth[:, 1:]
        worth[:, 1:] = np.maximum(worth[:, 1:], new)
    return _traced(chosen, ascending, size_now, size), worth[np.arange(r), size_now]


def _traced(chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], ascending: Codes, left: Codes, size: int) -> Codes:
    """The columns of each slate, top first, from the choices made on the way up."""
    found = np.full((len(left), size), -1, dtype=np.int64)
    left, slot = left.copy(), np.zeros_like(left)
    rows = np.arange(len(left))
    for nth in range(len(chosen) - 1, -1, -1):
        takes = (left > 0) & chosen[nth][rows, np.maximum(left - 1, 0)]
        found[takes, slot[takes]] = ascending[takes, nth]
        slot += takes
        left -= takes
    return found
