"""How a day's outcomes and impressions reach landing: on their day, late, twice, with a wrong clock, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from worlds.draws import Codes, Floats
from worlds.logs.outcomes import days_late, kept, logged
from worlds.outcomes import Outcomes
from worlds.sessions import Requests
from worlds.world import World

MOST_PARTS = 8


@dataclass(frozen=True)
class Delivered:
    """Rows of something that arrive: which (d,), how many days after the world's day (d,), and whether once more."""

    row: Codes
    after: Codes
    again: bool

    def groups(self) -> list[tuple[int, Codes]]:
        """(days after, rows) of each arrival day."""
        return [(int(after), self.row[self.after == after]) for after in np.unique(self.after)]


def reported(world: World, asked: Requests, happened: Outcomes) -> Outcomes:
    """The events that are logged at all, in order of impression, with the times that clocks of the users gave."""
    return by_clock(world, asked, getting_through(world, asked, happened))


def getting_through(world: World, asked: Requests, happened: Outcomes) -> Outcomes:
    """The events that are logged at all, in order of impression, each at its true time."""
    seen, outage = logged(world, happened), world.config.faults.outage
    if outage is not None and outage.active(asked.day):
        luck = world.streams["outage"].uniform(asked.day, asked.key)
        lost = outage.lost(asked.country, tuple(world.config.population.countries), luck)
        seen = kept(seen, ~lost[seen.impression // seen.items.shape[1]])
    order = np.argsort(seen.impression * len(seen.names) * MOST_PARTS + seen.outcome * MOST_PARTS + seen.part)
    return kept(seen, order)


def by_clock(world: World, asked: Requests, seen: Outcomes) -> Outcomes:
    """`seen` with the times that the clocks of their users gave."""
    skew = world.config.faults.clock_skew
    if skew is None or not skew.active(asked.day):
        return seen
    shift = skew.shift(asked.user, world.streams)
    return replace(seen, occurred_at=seen.occurred_at + shift[seen.impression // seen.items.shape[1]])


def outcomes(world: World, asked: Requests, seen: Outcomes) -> list[Delivered]:
    """How the events `seen` arrive, on the days after that on which each is said to have happened."""
    luck = _Draws(world, asked, seen)
    after = np.maximum(days_late(world, seen), 0)
    late, repeated = world.config.faults.late, world.config.faults.repeated
    if late is not None and late.active(asked.day):
        after = after + late.days(luck("late delivery"))
    found = [Delivered(np.arange(len(after)), after, again=False)]
    if repeated is not None and repeated.active(asked.day):
        row, more = repeated.again(repeated.outcomes, luck("repeated outcome"))
        found.append(Delivered(row, after[row] + more, again=True))
    return found


def impressions(world: World, asked: Requests, items: Codes) -> list[Delivered]:
    """How the impressions of slates `items` (r, k) that hold an item arrive; rows count these alone."""
    shown = np.flatnonzero(items.ravel() >= 0)
    found = [Delivered(np.arange(len(shown)), np.zeros(len(shown), dtype=np.int64), again=False)]
    repeated = world.config.faults.repeated
    if repeated is not None and repeated.active(asked.day):
        key, slot = asked.key[shown // items.shape[1]], shown % items.shape[1]
        luck = world.streams["repeated impression"].uniform(asked.day, key, slot)
        row, more = repeated.again(repeated.impressions, luck)
        found.append(Delivered(row, more, again=True))
    return found


class _Draws:
    """Uniform numbers of events by purpose."""

    def __init__(self, world: World, asked: Requests, seen: Outcomes) -> None:
        slots = seen.items.shape[1]
        self._streams, self._day = world.streams, asked.day
        self._key, self._slot = asked.key[seen.impression // slots], seen.impression % slots
        self._kind = seen.outcome * MOST_PARTS + seen.part

    def __call__(self, purpose: str) -> Floats:
        return self._streams[purpose].uniform(self._day, self._key, self._slot, self._kind)
