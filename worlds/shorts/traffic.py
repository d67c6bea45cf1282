"""When users come: sessions through their local day, each of one or more requests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worlds.shorts.config import WorldConfig
from worlds.shorts.population import UTC_OFFSET, Array, Index, Users

DAY_S = 86400.0
_HOURLY = np.array([2, 1, 1, 1, 1, 2, 3, 5, 6, 5, 5, 6, 7, 6, 6, 6, 7, 8, 10, 12, 13, 12, 8, 4], dtype=float)


@dataclass(frozen=True)
class Traffic:
    """r requests in order of time; every array has length r. `at` is in seconds from the day's start."""

    user: Index
    session: Index
    at: Array

    def __len__(self) -> int:
        return len(self.user)


def draw(config: WorldConfig, users: Users, day: int, rng: np.random.Generator) -> Traffic:
    """The requests of day number `day` (from 0) by everyone who has signed up before it."""
    weekly = 1.0 + 0.05 * np.sin(2 * np.pi * day / 7.0)
    rate = np.where(users.signed_up < day, users.sessions * weekly, 0.0)
    visitor = np.repeat(np.arange(len(users)), rng.poisson(rate))
    length = rng.geometric(1.0 / config.requests, len(visitor))
    start = _start(users.country[visitor], rng)
    session = np.repeat(np.arange(len(visitor)), length)
    nth = np.arange(len(session)) - np.repeat(np.cumsum(length) - length, length)
    gaps = rng.uniform(70.0, 240.0, len(session)) * (nth > 0)
    since = np.cumsum(gaps) - np.repeat(np.cumsum(gaps)[np.cumsum(length) - length], length)
    overrun = np.maximum(start + np.maximum.reduceat(since, np.cumsum(length) - length) + 150.0 - DAY_S, 0.0)
    at = np.maximum((start - overrun)[session] + since, 0.0)
    order = np.argsort(at, kind="stable")
    return Traffic(visitor[session][order], session[order], at[order])


def _start(country: Index, rng: np.random.Generator) -> Array:
    hour = rng.choice(24, len(country), p=_HOURLY / _HOURLY.sum()) + rng.random(len(country))
    return np.asarray((hour - UTC_OFFSET[country]) % 24.0 * 3600.0)
