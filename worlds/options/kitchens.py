"""Stores in a town: opening hours, travel time, and kitchens whose queues grow with what was ordered.

Users and stores live in a square of `side` by `side` zones. Drivers: `minutes` (travel, preparation and queue) and
`queue` alone, both in units of ten minutes. The queue of a day follows from the orders of the days before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worlds.culture import Ground
from worlds.draws import Codes, Floats, Mask
from worlds.drivers import Drivers, Scene
from worlds.options.option import Option
from worlds.options.settings import Kitchens
from worlds.sessions import Requests
from worlds.vocabulary import utc_offsets


class Town(Option):
    """Where everybody is, who is open, and how busy."""

    def __init__(self, ground: Ground, spec: Kitchens) -> None:
        self.ground, self.spec = ground, spec
        self.load: Floats = np.zeros(0)

    def settle(self, scene: Scene, day: int) -> None:
        streams, zones = self.ground.streams, self.spec.side**2
        key = scene.items.key
        self.home = streams["home"].below(zones, np.arange(len(scene.users)))
        self.place = streams["place"].below(zones, key)
        self.opens = 6 + streams["opens"].below(6, key)
        self.lasts = np.where(
            streams["always open"].uniform(key) < self.spec.always_open, 24, 8 + streams["lasts"].below(9, key)
        )
        self.capacity = self.spec.capacity * np.exp(0.5 * streams["capacity"].normal(key))
        self.load = np.pad(self.load, (0, len(key) - len(self.load)))
        self._offset = streams["preparation"].normal(key)

    def travel(self, home: Codes, place: Codes) -> Floats:
        """Minutes between zones (broadcast): steps along the streets."""
        side = self.spec.side
        steps = abs(home % side - place % side) + abs(home // side - place // side)
        return np.asarray((1.0 + steps) * self.spec.minutes_per_zone)

    def queue(self) -> Floats:
        """(m,) minutes of wait at each store."""
        return np.asarray(self.spec.queue_minutes * np.maximum(self.load / self.capacity - 1.0, 0.0))

    def drivers(self, scene: Scene, asked: Requests, items: Codes) -> Drivers:
        wide = items if items.ndim == 2 else items[None, :]
        queue = self.queue()[wide]
        travel = self.travel(self.home[asked.user][:, None], self.place[wide])
        cook = self.spec.preparation_minutes * np.exp(0.2 * self._offset[wide])
        return {"minutes": (travel + cook + queue) / 10.0, "queue": queue / 10.0}

    def segments(self, asked: Requests) -> list[Codes]:
        return [self.home[asked.user], asked.hour]

    def eligible(self, asked: Requests, items: int) -> Mask:
        near = self.travel(self.home[asked.user][:, None], self.place[:items]) <= self.spec.furthest_minutes
        return np.asarray(near & ((asked.hour[:, None] - self.opens[:items]) % 24 < self.lasts[:items]))

    def tags(self, rows: Codes) -> list[list[str]]:
        """Such as `zone:07`, where it delivers, and `open:18`, a UTC hour, unless it never closes."""
        zones = np.arange(self.spec.side**2)
        near = self.travel(zones[None, :], self.place[rows][:, None]) <= self.spec.furthest_minutes
        opens = (self.opens[rows] - utc_offsets(tuple(self.ground.config.population.countries))[0]) % 24
        hours = [range(opened, opened + lasts) for opened, lasts in zip(opens.tolist(), self.lasts[rows], strict=True)]
        return [
            [f"zone:{zone:02}" for zone in np.flatnonzero(reached)]
            + ([f"open:{hour % 24:02}" for hour in hour_s] if len(hour_s) < 24 else [])
            for reached, hour_s in zip(near, hours, strict=True)
        ]

    def areas(self, asked: Requests) -> list[str]:
        return [f"{zone:02}" for zone in self.home[asked.user].tolist()]

    def learn(self, item: Codes) -> None:
        orders = np.bincount(item, minlength=len(self.load))
        self.load = self.spec.forget * self.load + (1.0 - self.spec.forget) * orders

    def state(self) -> dict[str, npt.NDArray[np.float64]]:
        return {"load": self.load}

    def restore(self, state: dict[str, npt.NDArray[np.float64]]) -> None:
        self.load = np.pad(state["load"], (0, max(len(self.load) - len(state["load"]), 0)))
