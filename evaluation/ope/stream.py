"""Blocks of rows in, sums out that do not grow with rows: all that estimates, intervals and trust checks need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.ope.clusters import GROUPS, Codes, group_of
from evaluation.ope.terms import Doubles, Terms, ratio_sum


@dataclass(frozen=True)
class Sums:
    """What is left of n rows of T terms that lean on S kinds of weights.

    `above`, `below`: (G, T) sums by group of users. `rows`: (G,) rows of each group. `weights`: (G, S) sums of
    weights; `squares`, `largest`: (S,) sums of their squares, and the largest weight. Sums of two streams add up.
    """

    above: Doubles
    below: Doubles
    rows: Doubles
    weights: Doubles
    squares: Doubles
    largest: Doubles

    @property
    def count(self) -> int:
        """Rows in all."""
        return int(self.rows.sum())

    @property
    def occupied(self) -> int:
        """Groups that have a row: with few users nearly their number, with many GROUPS."""
        return int(np.count_nonzero(self.rows))

    @property
    def value(self) -> float:
        """The estimate; NaN where a denominator is 0."""
        return ratio_sum(self.above.sum(axis=0), self.below.sum(axis=0))

    def plus(self, other: Sums) -> Sums:
        """Both streams together, as if one."""
        return Sums(
            self.above + other.above,
            self.below + other.below,
            self.rows + other.rows,
            self.weights + other.weights,
            self.squares + other.squares,
            np.maximum(self.largest, other.largest),
        )


class Stream:
    """Takes blocks of rows of one estimator, in any order and size, and keeps their sums."""

    def __init__(self) -> None:
        self._sums: Sums | None = None

    def add(self, terms: Terms, users: Codes) -> None:
        """One block: n rows of `terms` and the (n,) uint64 codes of their `users`."""
        block = sums_of(terms, group_of(users))
        self._sums = block if self._sums is None else self._sums.plus(block)

    @property
    def sums(self) -> Sums:
        """All blocks so far. Raises ValueError if there was none."""
        if self._sums is None:
            raise ValueError("no block was added")
        return self._sums


def summed(terms: Terms, users: Codes) -> Sums:
    """The sums of all rows at once."""
    return sums_of(terms, group_of(users))


def sums_of(terms: Terms, groups: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Sums:
    """The sums of n rows, whose (n,) `groups` in [0, GROUPS) are known."""
    return Sums(
        above=_by_group(terms.above, groups),
        below=_by_group(terms.below, groups),
        rows=np.bincount(groups, minlength=GROUPS).astype(np.float64),
        weights=_by_group(terms.weights, groups),
        squares=np.einsum("ns,ns->s", terms.weights, terms.weights),
        largest=terms.weights.max(axis=0, initial=0.0),
    )


def _by_group(columns: Doubles, groups: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Doubles:
    found = np.empty((GROUPS, columns.shape[1]), dtype=np.float64)
    for place in range(columns.shape[1]):
        found[:, place] = np.bincount(groups, columns[:, place], minlength=GROUPS)
    return found
