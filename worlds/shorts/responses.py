"""How users respond: examination falls with the position, a click follows taste, quality, freshness and repetition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worlds.shorts.config import SLATE
from worlds.shorts.population import Array, Index, Items, Users

EXAMINATION = 0.95 / (1.0 + 0.14 * np.arange(SLATE))
"""Probability that the item at each position is looked at."""
TASTE, QUALITY, FRESH, REPEATED, BASE = 5.0, 1.05, 0.7, -0.5, -5.4
DEVICE_EFFECT = np.array([0.1, 0.0, -0.2, -0.4])
FRESH_DAYS = 4.0
LATE_CLICK, LATE_LIKE, LATE_FOLLOW = 0.004, 0.03, 0.05
"""Share of each outcome that happens only after its attribution window."""
HEARTBEAT_S = 60.0
"""Dwell is reported when this long has passed, and again at the end."""


@dataclass(frozen=True)
class Exposure:
    """n impressions: who saw what, `at` how many seconds from the day's start, and the two true probabilities.

    `examine` is that of looking at the item, `click` that of a click on an item looked at.
    """

    user: Index
    item: Index
    at: Array
    examine: Array
    click: Array


@dataclass(frozen=True)
class Events:
    """e outcomes; every array has length e. `impression` indexes the day's impressions; `at` is in seconds."""

    impression: Index
    name: str
    value: Array
    at: Array
    part: int = 0


def freshness(age_days: Array) -> Array:
    """1 at birth, falling to 1/e after FRESH_DAYS."""
    return np.exp(-np.maximum(age_days, 0.0) / FRESH_DAYS)


def click_probability(
    users: Users, items: Items, user: Index, item: Index, *, age: Array, repeats: npt.NDArray[np.int8]
) -> Array:
    """Probability of a click given that the item is looked at; all arrays of the same length."""
    affinity = np.einsum("nd,nd->n", users.taste[user], items.latent[item])
    logit = BASE + TASTE * affinity + QUALITY * items.quality[item] + FRESH * freshness(age)
    logit += users.bias[user] + DEVICE_EFFECT[users.device[user]] + REPEATED * repeats
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def respond(users: Users, items: Items, exposure: Exposure, rng: np.random.Generator) -> list[Events]:
    """The outcomes of the day's impressions: clicks first, then what follows from them, then hides."""
    user, item, shown = exposure.user, exposure.item, exposure.at
    n = len(user)
    looked = rng.random(n) < exposure.examine
    clicked = np.flatnonzero(looked & (rng.random(n) < exposure.click))
    affinity = np.einsum("nd,nd->n", users.taste[user], items.latent[item])
    at = shown[clicked] + rng.lognormal(1.4, 0.8, len(clicked))
    late = rng.random(len(clicked)) < LATE_CLICK
    at = np.where(late, shown[clicked] + rng.uniform(1900.0, 7200.0, len(clicked)), at)
    ones = np.ones(n)
    pleased = affinity[clicked] + 0.4 * items.quality[item[clicked]]
    disliked = looked & (rng.random(n) < 0.012 * np.exp(-2.0 * affinity))
    disliked[clicked] = False
    hidden = np.flatnonzero(disliked)
    return [
        Events(clicked, "click", ones[clicked], at),
        *_dwell(clicked, at, pleased, items.duration_s[item[clicked]], rng),
        _like(clicked, at, pleased, rng),
        _follow(clicked, at, pleased, rng),
        Events(hidden, "hide", ones[hidden], shown[hidden] + rng.lognormal(2.0, 0.7, len(hidden))),
    ]


def _dwell(clicked: Index, at: Array, pleased: Array, duration: Array, rng: np.random.Generator) -> list[Events]:
    watched = np.exp(rng.normal(0.0, 0.6, len(clicked)) + 0.5 * pleased - 0.6)
    seconds = np.round(np.clip(duration * watched, 0.5, 600.0), 3)
    first, long = np.minimum(seconds, HEARTBEAT_S), seconds > HEARTBEAT_S
    rest = np.round(seconds[long] - HEARTBEAT_S, 3)
    return [
        Events(clicked, "dwell", first, at + first),
        Events(clicked[long], "dwell", rest, (at + seconds)[long], part=1),
    ]


def _like(clicked: Index, at: Array, pleased: Array, rng: np.random.Generator) -> Events:
    liked = rng.random(len(clicked)) < 1.0 / (1.0 + np.exp(3.9 - 1.6 * pleased))
    delay = np.minimum(rng.lognormal(4.0, 1.4, len(clicked)), 5.5 * 3600)
    late = rng.random(len(clicked)) < LATE_LIKE
    when = at + np.where(late, rng.uniform(6.5, 20.0, len(clicked)) * 3600, delay)
    return Events(clicked[liked], "like", np.ones(int(liked.sum())), when[liked])


def _follow(clicked: Index, at: Array, pleased: Array, rng: np.random.Generator) -> Events:
    followed = rng.random(len(clicked)) < 1.0 / (1.0 + np.exp(5.2 - 1.8 * pleased))
    delay = np.minimum(rng.lognormal(6.5, 1.6, len(clicked)), 22 * 3600)
    late = rng.random(len(clicked)) < LATE_FOLLOW
    when = at + np.where(late, rng.uniform(25.0, 40.0, len(clicked)) * 3600, delay)
    return Events(clicked[followed], "follow", np.ones(int(followed.sum())), when[followed])
