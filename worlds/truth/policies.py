"""Policies to compare with: random, most-popular, and the optimum, all within the surface's caps."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from worlds.draws import Codes, Floats
from worlds.outcomes import Outcomes
from worlds.sessions import Requests
from worlds.truth.greedy import best_first
from worlds.truth.optimal import CHUNK, caps, showable
from worlds.truth.optimal import optimal as _optimal
from worlds.truth.past import Past
from worlds.world import World


class Policy(Protocol):
    """Answers requests with slates and may learn from what happened to them."""

    def slates(self, world: World, asked: Requests, past: Past | None = None) -> Codes:
        """(r, k) item rows, -1 for a slot that could not be filled; nothing that the `past` bars."""
        ...

    def learn(self, happened: Outcomes) -> None:
        """Take up what came of a day's slates."""
        ...


class Random:
    """Any eligible item with equal chance, slot by slot, within the caps."""

    def slates(self, world: World, asked: Requests, past: Past | None = None) -> Codes:
        columns = np.arange(world.catalogue)
        luck = world.streams["random policy"]
        return by_score(world, asked, lambda part: luck.uniform(part.day, part.key[:, None], columns), past)

    def learn(self, happened: Outcomes) -> None:
        """Learns nothing."""


class Popular:
    """The items most often consumed lately that the user has not consumed; yesterday's counts fade by `forget`."""

    def __init__(self, forget: float = 0.75) -> None:
        self.forget = forget
        self.count: Floats = np.zeros(0)

    def slates(self, world: World, asked: Requests, past: Past | None = None) -> Codes:
        return by_score(world, asked, lambda part: self.scores(world, part), past)

    def scores(self, world: World, asked: Requests) -> Floats:
        """(r, catalogue) the order of items for each request: what was consumed already comes last."""
        count = np.zeros(world.catalogue)
        count[: len(self.count)] = self.count[: world.catalogue]
        ties = world.streams["popular ties"].uniform(world.day, np.arange(world.catalogue))
        return np.where(world.has_consumed(asked), -1.0, 0.0) * 1e9 + count + 1e-6 * ties

    def learn(self, happened: Outcomes) -> None:
        mine = happened.outcome == happened.names.index(happened.consumed_by)
        items = happened.items.ravel()[happened.impression[mine]]
        width = max(len(self.count), int(items.max(initial=-1)) + 1)
        self.count = np.pad(self.count * self.forget, (0, width - len(self.count)))
        self.count += np.bincount(items, minlength=width)


class Optimal:
    """The optimum of every request, by the truth."""

    def slates(self, world: World, asked: Requests, past: Past | None = None) -> Codes:
        return _optimal(world, asked, past).slates

    def learn(self, happened: Outcomes) -> None:
        """Knows already."""


class Score(Protocol):
    """(r, catalogue) the higher, the earlier, for some of a day's requests."""

    def __call__(self, part: Requests, /) -> Floats: ...


def by_score(world: World, asked: Requests, score: Score, past: Past | None = None) -> Codes:
    """(r, k) slates of the items that `score` puts first, of those that may be shown and are not barred by
    the `past`, within the caps."""
    size, groups = world.surface.slate.size, caps(world, world.catalogue)
    parts = []
    for start in range(0, len(asked), CHUNK):
        part = asked.take(np.arange(start, min(start + CHUNK, len(asked))))
        scores = np.where(showable(world, part, past), score(part), -np.inf)
        parts.append(best_first(scores, groups, size))
    return np.concatenate(parts) if parts else np.zeros((0, size), dtype=np.int64)
