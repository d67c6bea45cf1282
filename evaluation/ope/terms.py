"""An estimate as a sum of ratios of sums: the one form that every estimator here takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Terms:
    """One row a unit (a round, a slate): the estimate is sum over t of sum(above[:, t]) / sum(below[:, t]).

    `above`, `below`: (n, T) float64. `weights`: (n, S) float64 importance weights that the estimate leans on, for the
    trust checks; S is 0 where it leans on none.

    A plain mean has ones below; a self-normalised one has weights there. Sums of blocks add up, so an estimate of any
    number of rows needs a constant number of sums, and a bootstrap reweights those.
    """

    above: Doubles
    below: Doubles
    weights: Doubles

    def __len__(self) -> int:
        return len(self.above)

    @property
    def value(self) -> float:
        """The estimate from these rows alone; NaN where a denominator sums to 0."""
        return ratio_sum(self.above.sum(axis=0), self.below.sum(axis=0))

    def plus(self, other: Terms, sign: float = 1.0) -> Terms:
        """The terms whose estimate is this one plus `sign` times the `other`, of the same rows: paired."""
        return Terms(
            np.hstack([self.above, sign * other.above]),
            np.hstack([self.below, other.below]),
            np.hstack([self.weights, other.weights]),
        )

    def take(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64] | slice) -> Terms:
        """Some of the rows."""
        return Terms(self.above[rows], self.below[rows], self.weights[rows])


def ratio_sum(above: Doubles, below: Doubles) -> float:
    """sum of above / below over the last axis' terms, both (T,); NaN where a term's denominator is 0.

    Terms over one denominator are one ratio and round once: weights of 1 give the mean exactly.
    """
    if (below == below[0]).all():
        above, below = above.sum(keepdims=True), below[:1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return float((above / below).sum())


def mean_of(values: Doubles, weights: Doubles | None = None) -> Terms:
    """The mean of (n,) `values`, leaning on (n,) or (n, S) `weights`, or on none."""
    return Terms(column(values), np.ones((len(values), 1)), _leaning(weights, len(values)))


def ratio_of(values: Doubles, weights: Doubles) -> Terms:
    """sum of (n,) `values` over the sum of (n,) `weights`: self-normalised."""
    return Terms(column(values), column(weights), column(weights))


def column(values: Doubles) -> Doubles:
    """(n,) as (n, 1) float64."""
    return np.asarray(values, dtype=np.float64).reshape(-1, 1)


def _leaning(weights: Doubles | None, rows: int) -> Doubles:
    if weights is None:
        return np.empty((rows, 0), dtype=np.float64)
    return column(weights) if weights.ndim == 1 else weights
