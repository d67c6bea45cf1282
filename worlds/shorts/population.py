"""Who is there and what can be shown: users with latent tastes, items with topics, quality and birth times."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from worlds.shorts.config import DIMENSIONS, WorldConfig

Array = npt.NDArray[np.floating[Any]]
Index = npt.NDArray[np.int64]

TOPICS = (
    *("comedy", "music", "dance", "cooking", "sports", "gaming", "beauty", "travel", "pets", "science"),
    *("diy", "fashion", "news", "cars", "fitness", "art", "education", "nature", "family", "film"),
)
COUNTRIES = ("US", "IN", "BR", "GB", "DE", "FR", "JP")
COUNTRY_SHARE = (0.34, 0.2, 0.14, 0.1, 0.09, 0.07, 0.06)
LANGUAGES = ("en", "hi", "pt", "en", "de", "fr", "ja")
UTC_OFFSET = np.array([-6, 5, -3, 0, 1, 1, 9])
"""Hours ahead of UTC, by country."""
DEVICES = ("phone", "tablet", "desktop", "tv")
DEVICE_SHARE = (0.74, 0.1, 0.12, 0.04)
AGE_BANDS = ("13-17", "18-24", "25-34", "35-49", "50+")
GENDERS = ("f", "m", None)


@dataclass(frozen=True)
class Users:
    """n users; every array has length n. `taste` is (n, d) of unit length; `signed_up` is in days from the start."""

    taste: Array
    bias: Array
    sessions: Array
    country: Index
    device: Index
    age_band: Index
    gender: Index
    signed_up: Array

    def __len__(self) -> int:
        return len(self.taste)


@dataclass(frozen=True)
class Items:
    """m items; every array has length m. `latent` (m, d) is of unit length, `content` a noisy rotation of it.

    `born` is in days from the start of the world (negative: before it); `has_content` says where content is known.
    """

    latent: Array
    quality: Array
    topic: Index
    creator: Index
    born: Array
    duration_s: Array
    content: Array
    has_content: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.latent)

    def joined(self, more: Items) -> Items:
        """These items, then `more`."""
        return Items(*(np.concatenate([getattr(self, f.name), getattr(more, f.name)]) for f in fields(Items)))


@dataclass(frozen=True)
class Culture:
    """What users and items share: topic directions (t, d), creators' topics and qualities, the content rotation."""

    topics: Array
    topic_share: Array
    creator_topic: Index
    creator_quality: Array
    creator_share: Array
    rotation: Array


def unit(vectors: Array) -> Array:
    """`vectors` scaled to unit length along the last axis."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def culture(config: WorldConfig, rng: np.random.Generator) -> Culture:
    """Draw the topics and creators of a world."""
    share = 1.0 / (1.0 + np.arange(config.topics)) ** 0.5
    creator_share = 1.0 / (1.0 + np.arange(config.creators)) ** 0.7
    return Culture(
        topics=unit(rng.normal(size=(config.topics, DIMENSIONS))),
        topic_share=share / share.sum(),
        creator_topic=rng.choice(config.topics, config.creators, p=share / share.sum()),
        creator_quality=rng.normal(size=config.creators) * 0.5,
        creator_share=creator_share / creator_share.sum(),
        rotation=np.linalg.qr(rng.normal(size=(DIMENSIONS, DIMENSIONS)))[0],
    )


def users(config: WorldConfig, shared: Culture, rng: np.random.Generator) -> Users:
    """Draw the users: each likes two or three topics; activity is heavy-tailed; some sign up later."""
    n = config.users
    mixture = rng.dirichlet(shared.topic_share * 3.0, n) @ shared.topics
    sessions = rng.lognormal(0.0, 0.9, n)
    joined = np.where(rng.random(n) < 0.9, -rng.exponential(200.0, n) - 1.0, rng.uniform(0.0, 30.0, n))
    return Users(
        taste=unit(unit(mixture) + rng.normal(size=(n, DIMENSIONS)) * 0.08),
        bias=rng.normal(size=n) * 0.35,
        sessions=np.minimum(sessions / sessions.mean() * config.sessions, 8.0),
        country=rng.choice(len(COUNTRIES), n, p=COUNTRY_SHARE),
        device=rng.choice(len(DEVICES), n, p=DEVICE_SHARE),
        age_band=rng.integers(len(AGE_BANDS), size=n),
        gender=rng.choice(len(GENDERS), n, p=(0.46, 0.46, 0.08)),
        signed_up=joined,
    )


def items(count: int, first: float, last: float, shared: Culture, rng: np.random.Generator) -> Items:
    """Draw `count` items created between days `first` and `last`, in order of creation."""
    creator = rng.choice(len(shared.creator_topic), count, p=shared.creator_share)
    usual = rng.random(count) < 0.85
    topic = np.where(usual, shared.creator_topic[creator], rng.integers(len(shared.topics), size=count))
    latent = unit(shared.topics[topic] + rng.normal(size=(count, DIMENSIONS)) * 0.13)
    return Items(
        latent=latent,
        quality=shared.creator_quality[creator] + rng.normal(size=count) * 0.7,
        topic=topic,
        creator=creator,
        born=np.sort(rng.uniform(first, last, count)),
        duration_s=np.clip(rng.lognormal(3.2, 0.7, count), 4.0, 240.0),
        content=latent @ shared.rotation + rng.normal(size=(count, DIMENSIONS)) * 0.12,
        has_content=rng.random(count) > 0.08,
    )
