"""What was shown is remembered as long as the server remembers it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from infra.loop.memory import ShownLately
from surfaces.surface import Session
from worlds.load import load
from worlds.sessions import DAY_US, Requests, midnight
from worlds.world import World

SMALL = {"population.users": 40, "catalogue.items": 60, "catalogue.creators": 30}
SLATES = np.array([[5, 6, -1], [7, -1, -1]])


def _asked() -> Requests:
    return World(load("shorts", changes=SMALL), 3).requests().take(np.array([0, 1]))


def test_what_was_shown_counts_until_it_is_too_old() -> None:
    asked, memory = _asked(), ShownLately(Session(keep=timedelta(days=2)))
    memory.learn(asked, SLATES)
    shown = memory.shown()
    assert shown.item.tolist() == [5, 6, 7]
    assert shown.user.tolist() == [asked.user[0], asked.user[0], asked.user[1]]
    assert (shown.at == np.repeat(asked.at, [2, 1])).all()
    assert shown.keep == 2 * DAY_US
    over = midnight(asked.date) + DAY_US
    memory.forget(over)
    assert memory.events.shape == (3, 3)
    memory.forget(over + 2 * DAY_US)
    assert memory.events.shape == (3, 0)


def test_a_surface_that_shows_again_bars_nothing() -> None:
    memory = ShownLately(Session(seen=False))
    memory.learn(_asked(), SLATES)
    assert memory.shown().keep == 0
