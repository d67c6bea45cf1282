"""A social timeline: users follow creators, and see what those make and what their friends follow.

Drivers: `network` (1 where the user follows the item's creator) and `circle` (share of the friends who do).
"""

from __future__ import annotations

import numpy as np

from worlds import culture
from worlds.culture import Ground
from worlds.draws import Codes, Floats
from worlds.drivers import Drivers, Scene
from worlds.friends import friends
from worlds.options.option import Option
from worlds.options.settings import Social
from worlds.sessions import Requests


class Circles(Option):
    """Who follows whom."""

    def __init__(self, ground: Ground, spec: Social) -> None:
        self.ground, self.spec = ground, spec

    def settle(self, scene: Scene, day: int) -> None:
        self.friends = friends(self.ground, scene.users)
        self.following = self._following(scene)

    def _following(self, scene: Scene) -> Codes:
        """(n, follows) creators each user follows."""
        streams, config = self.ground.streams, self.ground.config
        makers = culture.creators(self.ground, -1)
        order = np.argsort(makers.topic, kind="stable")
        ends = np.searchsorted(makers.topic[order], np.arange(config.catalogue.topics + 1))
        index, nth = np.arange(len(scene.users))[:, None], np.arange(self.spec.follows)
        first, count = ends[scene.users.topic][:, None], np.diff(ends)[scene.users.topic][:, None]
        luck = streams["follows"].uniform(index, nth) ** 2
        own = order[np.minimum(first + (luck * count).astype(np.int64), len(makers) - 1)]
        any_ = streams["follows any"].choice(makers.weight, index, nth)
        return np.where((streams["own topic"].uniform(index, nth) < self.spec.own_topic) & (count > 0), own, any_)

    def drivers(self, scene: Scene, asked: Requests, items: Codes) -> Drivers:
        creator = scene.items.creator[items]
        circle = self.following[self.friends[asked.user]]
        share = np.zeros((len(asked), items.shape[-1]))
        for nth in range(circle.shape[1]):
            share += self._follows(circle[:, nth], creator)
        return {
            "network": self._follows(self.following[asked.user], creator),
            "circle": share / max(circle.shape[1], 1),
        }

    @staticmethod
    def _follows(followed: Codes, creator: Codes) -> Floats:
        """(r, k) 1 where a creator is among the `followed` (r, f); `creator` is (r, k) or (k,)."""
        if creator.ndim == 2:
            return np.asarray((followed[:, None, :] == creator[:, :, None]).any(axis=2), dtype=np.float64)
        width = int(max(creator.max(initial=0), followed.max(initial=0))) + 1
        table = np.zeros((len(followed), width))
        np.put_along_axis(table, followed, 1.0, axis=1)
        return np.asarray(table[:, creator])
