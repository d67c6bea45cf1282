"""What was consumed before a request, and only that, is not shown to its user again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worlds.load import load
from worlds.memory import Consumption
from worlds.truth.past import Past, Shown
from worlds.truth.policies import Optimal, Popular, Random
from worlds.world import World

SMALL = {"population.users": 40, "catalogue.items": 60, "catalogue.creators": 30}
NOTHING = Consumption(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def _world() -> World:
    return World(load("shorts", changes=SMALL), 3)


def test_what_came_before_the_day_and_earlier_on_it_counts_by_user() -> None:
    world = _world()
    asked = world.requests().take(np.array([0, 1, 2]))
    asked = replace(asked, user=np.array([4, 4, 7]), at=np.array([100, 300, 300]))
    before = np.full((40, 5), -1, dtype=np.int32)
    before[7, -1] = 9
    today = Consumption(np.array([4, 7, 4, 4]), np.array([1, 2, 3, 99]), np.array([200, 300, 50, 10]))
    had = Past(before, today).barred(asked, 12)
    assert [np.flatnonzero(row).tolist() for row in had] == [[3], [1, 3], [9]]


def test_what_was_shown_counts_for_a_while_and_the_latest_of_it_alone() -> None:
    world = _world()
    asked = world.requests().take(np.array([0, 1]))
    asked = replace(asked, user=np.array([4, 7]), at=np.array([1000, 1000]))
    nothing = np.full((40, 5), -1, dtype=np.int32)
    user, item, at = np.array([4, 4, 4, 4, 7]), np.array([1, 2, 3, 4, 5]), np.array([100, 700, 800, 1000, 999])
    had = Past(nothing, NOTHING, Shown(user, item, at, keep=500, most=9)).barred(asked, 12)
    assert [np.flatnonzero(row).tolist() for row in had] == [[2, 3], [5]]
    had = Past(nothing, NOTHING, Shown(user, item, at, keep=500, most=1)).barred(asked, 12)
    assert [np.flatnonzero(row).tolist() for row in had] == [[3], [5]]


def test_no_policy_shows_it_again_and_the_optimum_costs_no_more_than_it_must() -> None:
    world = _world()
    asked = world.requests()
    free = Optimal().slates(world, asked)
    before = np.full((len(world.users), 3), -1, dtype=np.int32)
    before[asked.user] = free[:, :3]
    past = Past(before, NOTHING)
    had = past.barred(asked, world.catalogue)
    for policy in (Random(), Popular(), Optimal()):
        slates = policy.slates(world, asked, past)
        assert not np.take_along_axis(had, slates, axis=1).any()
    left = world.value(asked, Optimal().slates(world, asked, past))
    assert (left <= world.value(asked, free) + 1e-9).all()
    assert (left >= world.value(asked, Random().slates(world, asked, past)) - 1e-9).all()
