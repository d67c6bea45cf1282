"""Users: latent tastes that turn with time, heavy-tailed activity, where they live and on what they look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worlds.config import WorldConfig
from worlds.culture import Ground, unit
from worlds.draws import Codes, Floats
from worlds.vocabulary import AGE_BANDS, GENDER_SHARES

_TOPICS_EACH = 3


@dataclass(frozen=True)
class Users:
    """n users; every array has length n.

    `taste` and `turn` (n, d) are orthogonal and of unit length: on day t the taste is taste cos(a) + turn sin(a) with
    a = drift t. `sessions`: mean a day. `signed_up`: days from the world's first day, negative before it.
    """

    taste: Floats
    turn: Floats
    topic: Codes
    bias: Floats
    sessions: Floats
    country: Codes
    device: Codes
    age_band: Codes
    gender: Codes
    signed_up: Floats

    def __len__(self) -> int:
        return len(self.taste)


def known(config: WorldConfig, day: int) -> int:
    """How many users have signed up by the end of day number `day`."""
    return config.population.users + config.population.new_users * (day + 1)


def users(ground: Ground, day: int) -> Users:
    """Everyone who has signed up by the end of day number `day`; earlier users are the same on every day."""
    config, streams = ground.config, ground.streams
    people, n = config.population, known(config, day)
    index = np.arange(n)
    country = streams["country"].choice(tuple(people.countries.values()), index)
    age = streams["age"].below(len(AGE_BANDS), index)
    topics = _topics(ground, country * len(AGE_BANDS) + age, index)
    taste = _tastes(ground, topics, index)
    spread = people.activity
    activity = np.exp(spread * streams["activity"].normal(index) - spread * spread / 2.0)
    return Users(
        taste=taste,
        turn=_orthogonal(taste, streams["turn"].normal(index[:, None], np.arange(config.dimensions))),
        topic=topics[:, 0],
        bias=streams["bias"].normal(index) * people.bias,
        sessions=np.minimum(activity * people.sessions, 12.0),
        country=country,
        device=streams["device"].choice(tuple(people.devices.values()), index),
        age_band=age,
        gender=streams["gender"].choice(GENDER_SHARES, index),
        signed_up=_signed_up(ground, index),
    )


def tastes(config: WorldConfig, who: Users, day: int, extra: float = 0.0) -> Floats:
    """(n, d) tastes on day number `day`; `extra` radians are added to the usual drift."""
    angle = config.population.drift * day + extra
    return np.asarray(who.taste * np.cos(angle) + who.turn * np.sin(angle))


def _topics(ground: Ground, group: Codes, index: Codes) -> Codes:
    streams = ground.streams
    slots = np.arange(_TOPICS_EACH)
    own = streams["interest"].choice(ground.share, index[:, None], slots)
    usual = streams["group topic"].choice(ground.share, group[:, None], slots)
    tilted = streams["tilt"].uniform(index[:, None], slots) < ground.config.population.tilt
    return np.where(tilted, usual, own)


def _tastes(ground: Ground, topics: Codes, index: Codes) -> Floats:
    config, streams = ground.config, ground.streams
    first = 0.45 + 0.4 * streams["devotion"].uniform(index)
    second = (1.0 - first) * (0.6 + 0.4 * streams["second"].uniform(index))
    weight = np.stack([first, second, 1.0 - first - second], axis=1)
    mixture = unit(np.einsum("nt,ntd->nd", weight, ground.topics[topics]))
    noise = streams["taste"].normal(index[:, None], np.arange(config.dimensions))
    return unit(mixture + noise * config.population.taste_noise)


def _orthogonal(taste: Floats, other: Floats) -> Floats:
    along = np.einsum("nd,nd->n", taste, other)
    return unit(other - along[:, None] * taste)


def _signed_up(ground: Ground, index: Codes) -> Floats:
    people = ground.config.population
    luck = ground.streams["sign-up"].uniform(index)
    if not people.new_users:
        return np.asarray(np.log(luck) * 200.0 - 1.0)
    nth = index - people.users
    new = nth // people.new_users + (nth % people.new_users + luck) / people.new_users
    return np.where(nth < 0, np.log(luck) * 200.0 - 1.0, new)
