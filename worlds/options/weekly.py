"""A weekly batch of tracks: everybody comes on a day of the week of their own, and tires of an artist heard too often.

Driver `artist`: how many of the consumed items are of the item's creator, up to `tires`, as a share of it.
"""

from __future__ import annotations

import numpy as np

from worlds.culture import Ground
from worlds.draws import Codes, Floats
from worlds.drivers import Drivers, Scene
from worlds.options.option import Option
from worlds.options.settings import Weekly
from worlds.sessions import Requests


class Calendar(Option):
    """Whose day it is."""

    def __init__(self, ground: Ground, spec: Weekly) -> None:
        self.ground, self.spec = ground, spec

    def settle(self, scene: Scene, day: int) -> None:
        weekday = self.ground.streams["weekday"].below(7, np.arange(len(scene.users)))
        self._busy = np.where(weekday == day % 7, 7.0, 0.0)

    def busy(self, first: int, last: int) -> Floats:
        return self._busy[first:last]

    def drivers(self, scene: Scene, asked: Requests, items: Codes) -> Drivers:
        past, creator = scene.consumed[asked.user], scene.items.creator
        heard = np.where(past >= 0, creator[past], -1)
        if items.ndim == 2:
            times = (heard[:, None, :] == creator[items][:, :, None]).sum(axis=2)
        else:
            width = int(creator.max(initial=0)) + 2
            flat = (np.arange(len(asked))[:, None] * width + heard + 1).ravel()
            table = np.bincount(flat, minlength=len(asked) * width).reshape(len(asked), width)
            times = table[:, creator[items] + 1]
        return {"artist": np.minimum(times, self.spec.tires) / self.spec.tires}
