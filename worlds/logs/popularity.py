"""What the logging policy knows: decayed counts of impressions and clicks by item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worlds.draws import Floats
from worlds.logs.policy import weights
from worlds.world import World

_ASKED = 200
"""Requests whose users' judgement stands for the time before the first day."""
_NOISE = 0.5


@dataclass
class Popularity:
    """Counts (m,) of impressions and clicks of the items known so far."""

    impressions: Floats
    clicks: Floats
    held: Floats | None = None
    """The weights when a stale feature's onset began."""

    @staticmethod
    def before(world: World) -> Popularity:
        """What was known before the first day: the users' mean click rate of each item, seen through noise."""
        asked = world.requests(0, 4 * _ASKED)
        some = asked.take(np.arange(min(_ASKED, len(asked))))
        now = world.catalogue
        rate = world.utility(some, np.arange(now))[1].mean(axis=0) if len(some) else np.full(now, 0.05)
        seen = rate * np.exp(_NOISE * world.streams["past popularity"].normal(world.items.key[:now]))
        prior = world.config.logs.prior
        return Popularity(np.full(now, prior), prior * np.clip(seen, 1e-4, 1.0))

    def weight(self, world: World) -> Floats:
        """(catalogue,) weight of each item on the world's day; items that are new have the mean rate."""
        new = world.catalogue - len(self.impressions)
        if new:
            rate = self.clicks.sum() / self.impressions.sum()
            prior = world.config.logs.prior
            self.impressions = np.concatenate([self.impressions, np.full(new, prior)])
            self.clicks = np.concatenate([self.clicks, np.full(new, prior * rate)])
        return weights(self.clicks, self.impressions, world.config.logs.temper)

    def learn(self, world: World, impressions: Floats, clicks: Floats) -> None:
        """Take up a day's counts (catalogue,); earlier ones fade towards the mean rate."""
        spec = world.config.logs
        rate = self.clicks.sum() / self.impressions.sum()
        back = (1.0 - spec.forget) * spec.prior
        self.impressions = spec.forget * self.impressions + back + impressions
        self.clicks = spec.forget * self.clicks + back * rate + clicks
