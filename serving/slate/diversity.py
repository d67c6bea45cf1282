"""Relevance against likeness to the items above: one interface, over the same eligible set as all else."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from serving.slate.pool import Doubles, Pool
from surfaces.exploration import Diversity

LEAST = 1e-6
"""What is left of an item that those above cover altogether; its logarithm is taken."""


class Scorer(Protocol):
    """Scores every item of a pool for the next slot, given the items above."""

    def scores(self) -> Doubles:
        """(n,) float64. Not to be changed by the caller."""
        ...

    def take(self, index: int) -> None:
        """The item at `index` was put on the slate."""
        ...


class Relevance:
    """Relevance alone."""

    def __init__(self, pool: Pool) -> None:
        self._relevance = pool.relevance

    def scores(self) -> Doubles:
        return self._relevance

    def take(self, index: int) -> None:
        """What stands above does not matter."""


class MaximalMarginalRelevance:
    """trade * relevance - (1 - trade) * likeness to the likest item above (Carbonell, Goldstein: SIGIR 1998)."""

    def __init__(self, pool: Pool, trade: float) -> None:
        self._pool, self._trade = pool, trade
        self._likest: Doubles | None = None
        self._scores = trade * pool.relevance

    def scores(self) -> Doubles:
        return self._scores

    def take(self, index: int) -> None:
        like = likeness(self._pool, index)
        self._likest = like if self._likest is None else np.maximum(self._likest, like)
        self._scores = self._trade * self._pool.relevance - (1.0 - self._trade) * self._likest


class DeterminantalPointProcess:
    """trade * relevance + (1 - trade) * ln(what no item above covers of the item).

    With L = diag(q) S diag(q) and q = exp(trade / (2 (1 - trade)) relevance) this orders items as the greedy MAP of
    the DPP of L does; what is not covered is the squared residual of its incremental Cholesky factorisation (Chen,
    Zhang, Zhou: NeurIPS 2018, algorithm 1).
    """

    def __init__(self, pool: Pool, trade: float) -> None:
        self._pool, self._trade = pool, trade
        self._factors: list[Doubles] = []
        self._residual: Doubles = np.ones(len(pool), dtype=np.float64)
        self._scores = trade * pool.relevance

    def scores(self) -> Doubles:
        return self._scores

    def take(self, index: int) -> None:
        column = likeness(self._pool, index)
        for factor in self._factors:
            column = column - factor[index] * factor
        factor = column / np.sqrt(self._residual[index])
        self._factors.append(factor)
        self._residual = np.maximum(self._residual - factor * factor, LEAST)
        self._scores = self._trade * self._pool.relevance + (1.0 - self._trade) * np.log(self._residual)


def likeness(pool: Pool, index: int) -> Doubles:
    """(n,) likeness of every item of `pool` to the one at `index`: the cosine of their vectors, or, without any, one
    half for the same topic and one half for the same creator."""
    if pool.vectors is not None:
        return np.asarray(pool.vectors @ pool.vectors[index], dtype=np.float64)
    topic, creator = pool.topics[index], pool.creators[index]
    like = np.zeros(len(pool), dtype=np.float64)
    if topic >= 0:
        like += 0.5 * (pool.topics == topic)
    if creator >= 0:
        like += 0.5 * (pool.creators == creator)
    return like


def scorer(pool: Pool, diversity: Diversity | None) -> Scorer:
    """The scorer that a surface asks for."""
    if diversity is None or diversity.trade >= 1.0:
        return Relevance(pool)
    kind = MaximalMarginalRelevance if diversity.kind == "mmr" else DeterminantalPointProcess
    return kind(pool, diversity.trade)
