"""What the users of a world did on its days, shown any item by chance: tails and habits as its population has them."""

from __future__ import annotations

import functools

import numpy as np

from evaluation.experiments.units import Panel, Units
from tests.evaluation.experiments.populations import ARMS
from worlds.load import load
from worlds.truth.policies import Random
from worlds.world import World


@functools.cache
def lived(days: int, users: int = 500, before: int = 3) -> Panel:
    """`days` days of clicks and impressions a user and day, after `before` days that are what users did before; all
    in the control."""
    changes = {"population.users": users, "population.new_users": 4, "catalogue.items": 200, "catalogue.new_items": 0}
    world, policy = World(load("shorts", changes=changes)), Random()
    rows = [_day(world, policy) for _ in range(before + days)]
    people, unit = np.unique(np.concatenate([user for user, _, _ in rows[before:]]), return_inverse=True)
    day = np.repeat(np.arange(days), [len(user) for user, _, _ in rows[before:]])
    past = np.zeros(max(people.max(), *(user.max() for user, _, _ in rows)) + 1)
    for user, clicks, _ in rows[:before]:
        past[user] += clicks
    entered = np.full(len(people), days)
    np.minimum.at(entered, unit, day)
    sums = {name: np.concatenate([row[nth] for row in rows[before:]]) for nth, name in ((1, "clicks"), (2, "views"))}
    return Panel(Units(ARMS, np.zeros(len(people), np.int64), {}, {"clicks": past[people]}), unit, day, sums, entered)


def _day(world: World, policy: Random) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(users, clicks, impressions) of the world's day, one row a user."""
    asked = world.requests()
    slates = policy.slates(world, asked)
    happened = world.respond(asked, slates)
    clicked = happened.impression[happened.outcome == happened.names.index("click")] // slates.shape[1]
    user, row = np.unique(asked.user, return_inverse=True)
    clicks = np.bincount(row[clicked], minlength=len(user)).astype(np.float64)
    views = np.bincount(row, (slates >= 0).sum(axis=1), len(user))
    world.pass_day()
    return user, clicks, views
