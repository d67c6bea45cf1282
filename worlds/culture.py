"""What users and items of a world share: directions of the topics, the rotation of content, and the creators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from worlds.config import WorldConfig
from worlds.draws import Codes, Floats, Streams


@dataclass(frozen=True)
class Ground:
    """What a world stands on: its settings, its chance, and what users and items share.

    Topics (t, d) of unit length with their shares (t,), and the orthogonal rotation (d, d) content is seen in.
    """

    config: WorldConfig
    streams: Streams
    first_day: date
    topics: Floats
    share: Floats
    rotation: Floats


@dataclass(frozen=True)
class Creators:
    """c creators; every array has length c. `weight` (c,) is proportional to what they make."""

    topic: Codes
    quality: Floats
    country: Codes
    weight: Floats

    def __len__(self) -> int:
        return len(self.topic)


def unit(vectors: Floats) -> Floats:
    """`vectors` scaled to unit length along the last axis."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def ground(config: WorldConfig, streams: Streams, first_day: date) -> Ground:
    """The ground of a world: its topics and the rotation are drawn."""
    count, d = config.catalogue.topics, config.dimensions
    share = (1.0 + np.arange(count)) ** -0.5
    axes = np.arange(d)
    return Ground(
        config,
        streams,
        first_day,
        topics=unit(streams["topic"].normal(np.arange(count)[:, None], axes)),
        share=share / share.sum(),
        rotation=np.linalg.qr(streams["rotation"].normal(axes[:, None], axes))[0],
    )


def creators(ground: Ground, day: int) -> Creators:
    """The creators there are on day number `day` (-1: before the first); later ones are small."""
    config, streams = ground.config, ground.streams
    index = np.arange(config.catalogue.creators + config.catalogue.new_creators * (day + 1))
    rank = np.minimum(index, config.catalogue.creators)
    return Creators(
        topic=streams["creator topic"].choice(ground.share, index),
        quality=streams["creator quality"].normal(index) * config.catalogue.creator_quality,
        country=streams["creator country"].choice(tuple(config.population.countries.values()), index),
        weight=(1.0 + rank) ** -config.catalogue.audience,
    )
