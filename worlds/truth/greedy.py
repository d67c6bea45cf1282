"""Slates of the highest scores that obey the caps per creator and per topic: the greedy walk, vectorised."""

from __future__ import annotations

import numpy as np

from worlds.draws import Codes, Floats, Mask

_SHORTLIST = 160


def best_first(scores: Floats, groups: list[tuple[Codes, int]], size: int) -> Codes:
    """(r, size) columns of `scores` (r, n), best first; at most `cap` columns of a group's code for each (codes, cap).

    Columns at minus infinity are never chosen; -1 fills slates that have no further column. Ties go to the first
    column. With one group this is the set and order of the highest scores that the cap allows: the greedy walk is
    exact on a matroid (Rado, 1957; Edmonds, 1971).
    """
    r, n = scores.shape
    width = min(n, _SHORTLIST)
    short = np.argpartition(-scores, width - 1, axis=1)[:, :width] if width < n else np.tile(np.arange(n), (r, 1))
    short = np.sort(short, axis=1)
    found = _walk(scores, short, groups, size)
    missing = np.flatnonzero(found[:, -1] < 0) if width < n else np.zeros(0, dtype=np.int64)
    if len(missing):
        found[missing] = _walk(scores[missing], np.tile(np.arange(n), (len(missing), 1)), groups, size)
    return found


def _walk(scores: Floats, columns: Codes, groups: list[tuple[Codes, int]], size: int) -> Codes:
    rows = np.arange(len(scores))
    left = np.take_along_axis(scores, columns, axis=1).copy()
    codes = [(group[columns], cap) for group, cap in groups]
    taken = [np.zeros(left.shape, dtype=np.int64) for _ in codes]
    found = np.full((len(scores), size), -1, dtype=np.int64)
    if not left.shape[1]:
        return found
    for slot in range(size):
        pick = np.argmax(left, axis=1)
        some: Mask = left[rows, pick] > -np.inf
        found[some, slot] = columns[rows, pick][some]
        left[rows, pick] = -np.inf
        for nth, (code, cap) in enumerate(codes):
            same = code == code[rows, pick][:, None]
            taken[nth] += same
            left[same & (taken[nth] >= cap)] = -np.inf
    return found
