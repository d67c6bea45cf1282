"""The loop remembers what the server showed as long as the server does."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from infra.loop.day import Day
from infra.loop.memory import ShownLately
from surfaces.surface import Session
from worlds.load import load
from worlds.sessions import DAY_US, midnight
from worlds.world import World

SMALL = {"population.users": 40, "catalogue.items": 60, "catalogue.creators": 30}


def _day() -> Day:
    world = World(load("shorts", changes=SMALL), 3)
    asked = world.requests().take(np.array([0, 1]))
    slates = np.array([[5, 6, -1], [7, -1, -1]])
    return Day(asked, slates, world.respond(asked, slates), [])


def test_a_day_counts_with_the_days_before_it_and_is_dropped_when_it_is_too_old() -> None:
    lived, memory = _day(), ShownLately(Session(keep=timedelta(days=2)))
    shown = memory.with_day(lived)
    assert shown.item.tolist() == [5, 6, 7]
    assert shown.user.tolist() == [lived.asked.user[0], lived.asked.user[0], lived.asked.user[1]]
    assert (shown.at == np.repeat(lived.asked.at, [2, 1])).all()
    assert shown.keep == 2 * DAY_US
    over = midnight(lived.asked.date) + DAY_US
    memory.learn(lived, over)
    assert memory.events.shape == (3, 3)
    memory.learn(Day(lived.asked, lived.slates[:, :0], lived.happened, []), over + 2 * DAY_US)
    assert memory.events.shape == (3, 0)


def test_a_surface_that_shows_again_bars_nothing() -> None:
    assert ShownLately(Session(seen=False)).with_day(_day()).keep == 0
