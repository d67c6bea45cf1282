"""What each policy makes of the scores of an eligible set: a distribution that sums to one."""

from __future__ import annotations

import hashlib
from typing import Protocol

import numpy as np

from serving.slate.pool import Codes, Doubles, Floats, Mask, Pool
from surfaces.exploration import Exploration, Setpoint

COLUMNS = 8191
"""Distinct columns of normal draws (a prime); an item takes that of its catalogue row, shifted by the context."""
_TABLES: dict[int, Floats] = {}


class Policy(Protocol):
    """A policy over the pool it was made for."""

    def distribution(self, choices: Codes, scores: Doubles, support: Mask | None) -> Doubles:
        """(m,) float64 that sum to one: the probability of each of the items at `choices`, whose (m,) `scores` are
        given; outside the (m,) `support` (None: everything) it is 0."""
        ...


class Greedy:
    """All on the best; of equals the first."""

    def distribution(self, choices: Codes, scores: Doubles, support: Mask | None) -> Doubles:
        return certain(len(choices), int(_supported(scores, support).argmax()))


class PlackettLuce:
    """In proportion to exp(score / temperature) (Plackett 1975; Luce 1959), slot after slot without replacement."""

    def __init__(self, temperature: float) -> None:
        self._temperature = temperature

    def distribution(self, choices: Codes, scores: Doubles, support: Mask | None) -> Doubles:  # noqa: ARG002
        supported = _supported(scores, support)
        weights = np.exp((supported - supported.max()) / self._temperature)
        return np.asarray(weights / weights.sum())


class Thompson:
    """The best under one of `samples` stated draws from a posterior of all scores; each is as likely as another.

    The posterior of an item is normal about its score, with variance width^2 / (1 + impressions / strength). The
    draws are stated before anything is chosen: row s, column (catalogue row + shift) of a fixed table of standard
    normals, the shift being derived from the context (release, user), never from the request. So the probability of
    an item, the share of the draws under which it is the best of the eligible set, is exact by enumeration; which of
    them decides at a slot is the only chance. With the posterior itself only an integral without closed form would
    state it. (Thompson 1933; a finite sample as in Osband et al. 2016.)
    """

    def __init__(self, pool: Pool, exploration: Exploration, width: float, context: str) -> None:
        shift = int.from_bytes(hashlib.sha256(f"thompson\x1f{context}".encode()).digest()[:4], "big")
        shown = np.zeros(len(pool)) if pool.shown is None else pool.shown
        spread = (width / np.sqrt(1.0 + shown / exploration.strength)).astype(np.float32)
        self._luck = table(exploration.samples)[:, (pool.items + shift) % COLUMNS] * spread
        self._field = np.empty(self._luck.shape, dtype=np.float32)

    def distribution(self, choices: Codes, scores: Doubles, support: Mask | None) -> Doubles:
        means = np.full(self._luck.shape[1], -np.inf, dtype=np.float32)
        means[choices] = _supported(scores, support)
        np.add(self._luck, means, out=self._field)
        wins = np.bincount(np.argmax(self._field, axis=1), minlength=len(means))
        return np.asarray(wins[choices] / len(self._luck))


def policy(pool: Pool, exploration: Exploration, setpoint: Setpoint, context: str) -> Policy:
    """The policy that a surface asks for, at the setpoint of the request. `context` seeds what is stated beforehand."""
    if exploration.policy == "plackett_luce":
        return PlackettLuce(setpoint.temperature)
    if exploration.policy == "thompson":
        return Thompson(pool, exploration, setpoint.width, context)
    return Greedy()


def certain(n: int, index: int) -> Doubles:
    """(n,) with everything on `index`."""
    found = np.zeros(n, dtype=np.float64)
    found[index] = 1.0
    return found


def table(samples: int) -> Floats:
    """(samples, COLUMNS) standard normal draws, always the same."""
    if samples not in _TABLES:
        _TABLES[samples] = np.random.default_rng(20260101).standard_normal((samples, COLUMNS), dtype=np.float32)
    return _TABLES[samples]


def _supported(scores: Doubles, support: Mask | None) -> Doubles:
    return scores if support is None else np.where(support, scores, -np.inf)
