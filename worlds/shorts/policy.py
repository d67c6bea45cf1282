"""The logging policy: candidates from three sources, then a slate drawn slot by slot with exact propensities.

At every slot the item is drawn from p(i) = (1 - e) w_i / sum(w) + e / n over the n candidates not yet shown: a
Plackett-Luce draw with a share e of uniform exploration. So the logged propensity is the exact probability of the
item at its position given the items above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worlds.shorts.config import SLATE
from worlds.shorts.population import Array, Index

SOURCES = ("taste", "popular", "random")
TASTE, POPULAR, RANDOM = 60, 40, 30
"""Candidates each source offers."""
EXPLORE = 0.08
"""Share of slots drawn uniformly from the candidates."""
FLOOR = -1e30


@dataclass(frozen=True)
class Candidates:
    """c candidates for each of r requests; arrays are (r, c). A candidate that an earlier source offered is not alive.

    `item` indexes items, `source` (c,) indexes SOURCES, `score` is the policy's own, `rank` (c,) within the source.
    """

    item: Index
    source: Index
    rank: Index
    score: Array
    alive: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Slates:
    """What was shown: (r, s) arrays. `column` points into the request's candidates."""

    column: Index
    item: Index
    propensity: Array
    explored: npt.NDArray[np.bool_]
    eligible: Index


def candidates(users: Index, scores: Array, popularity: Array, rng: np.random.Generator) -> Candidates:
    """Candidates of each request. `users` (r,) indexes rows of `scores` (u, m); `popularity` is (m,)."""
    m = scores.shape[1]
    best = np.argpartition(-scores, TASTE, axis=1)[:, :TASTE]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable"), 1)
    top = np.argsort(-popularity, kind="stable")[:POPULAR]
    taken = np.zeros(scores.shape, dtype=bool)
    np.put_along_axis(taken, best, True, axis=1)
    fresh_top = ~taken[:, top]
    taken[:, top] = True
    drawn = rng.integers(m, size=(len(users), RANDOM))
    ordered = np.sort(drawn + np.arange(RANDOM) / (2.0 * RANDOM), axis=1)
    drawn = ordered.astype(np.int64)
    first = np.concatenate([np.ones((len(users), 1), bool), np.diff(drawn, axis=1) > 0], axis=1)
    item = np.concatenate([best[users], np.broadcast_to(top, (len(users), POPULAR)), drawn], axis=1)
    alive = np.concatenate(
        [np.ones((len(users), TASTE), bool), fresh_top[users], first & ~taken[users[:, None], drawn]], axis=1
    )
    sizes = (TASTE, POPULAR, RANDOM)
    return Candidates(
        item=item,
        source=np.repeat(np.arange(len(sizes)), sizes),
        rank=np.concatenate([np.arange(size) for size in sizes]),
        score=scores[users[:, None], item],
        alive=alive & (scores[users[:, None], item] > FLOOR),
    )


def draw(found: Candidates, rng: np.random.Generator) -> Slates:
    """Draw a slate of SLATE items for each request from its candidates."""
    best = np.where(found.alive, found.score, -np.inf).max(axis=1, keepdims=True)
    weight = np.where(found.alive, np.exp(np.minimum(found.score - best, 0.0)), 0.0)
    alive = found.alive.astype(float)
    rows = np.arange(len(weight))
    shape = (len(weight), SLATE)
    column, eligible = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    propensity, explored = np.zeros(shape), np.zeros(shape, bool)
    for slot in range(SLATE):
        explore = rng.random(len(rows)) < EXPLORE
        total, count = weight.sum(axis=1), alive.sum(axis=1)
        chance = np.where(explore[:, None], alive, weight)
        cumulative = np.cumsum(chance, axis=1)
        target = rng.random(len(rows)) * cumulative[:, -1]
        picked = np.argmax(cumulative > target[:, None], axis=1)
        propensity[:, slot] = (1 - EXPLORE) * weight[rows, picked] / total + EXPLORE / count
        column[:, slot], explored[:, slot], eligible[:, slot] = picked, explore, count
        weight[rows, picked] = alive[rows, picked] = 0.0
    return Slates(column, np.take_along_axis(found.item, column, 1), propensity, explored, eligible)
