"""Items: topic, creator, true quality, what a camera or a text model sees of them, licences, birth."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from worlds.config import WorldConfig
from worlds.culture import Creators, Ground, unit
from worlds.draws import Codes, Floats, Mask, Stream
from worlds.vocabulary import language_codes

_NEWCOMERS = 0.15
"""Share of a day's items that come from creators of the last days."""
_RECENT_DAYS = 5


@dataclass(frozen=True)
class Items:
    """m items; every array has length m.

    `latent` (m, d) has unit length, `content` (m, d) is a noisy rotation of it, known where `has_content`. `born` is in
    days from the world's first day. `bait` makes people click and leaves them dissatisfied. `licensed` (m, countries).
    `capability` is the least device capability needed. `key` is what an item's draws are derived from.
    """

    key: Codes
    latent: Floats
    quality: Floats
    bait: Floats
    topic: Codes
    creator: Codes
    language: Codes
    born: Floats
    duration_s: Floats
    content: Floats
    has_content: Mask
    licensed: Mask
    capability: Codes
    sensitive: Mask
    sponsored: Mask

    def __len__(self) -> int:
        return len(self.key)

    def joined(self, more: Items) -> Items:
        """These items, then `more`."""
        return Items(*(np.concatenate([getattr(self, f.name), getattr(more, f.name)]) for f in fields(Items)))


def stock(ground: Ground, makers: Creators) -> Items:
    """The items there are when the first day begins, oldest first."""
    key = np.arange(ground.config.catalogue.items)
    age = np.sort(ground.streams["stock age"].uniform(key))[::-1] * ground.config.catalogue.past_days
    return _items(ground, makers, key, -age)


def cohort(ground: Ground, makers: Creators, day: int, count: int) -> Items:
    """`count` items created on day number `day`, in order of creation; a longer cohort begins with the items of a
    shorter one, created at other times of the day."""
    key = (np.int64(day + 1) << 32) + np.arange(count)
    born = day + (np.arange(count) + ground.streams["birth"].uniform(key)) / max(count, 1)
    return _items(ground, makers, key, born, day)


def _items(ground: Ground, makers: Creators, key: Codes, born: Floats, day: int | None = None) -> Items:
    config, streams = ground.config, ground.streams
    spec, n = config.catalogue, len(key)
    axes, wide = np.arange(config.dimensions), key[:, None]
    creator = _creators(ground, makers, key, day)
    topic = np.where(
        streams["usual topic"].uniform(key) < 0.85,
        makers.topic[creator],
        streams["item topic"].choice(ground.share, key),
    )
    latent = unit(ground.topics[topic] + streams["latent"].normal(wide, axes) * spec.item_noise)
    median, sigma = spec.duration_s
    countries = tuple(config.population.countries)
    everywhere = streams["licensed"].uniform(key) < spec.licensed
    some = streams["licence"].uniform(wide, np.arange(len(countries))) < 0.5
    return Items(
        key=key,
        latent=latent,
        quality=makers.quality[creator] + streams["quality"].normal(key) * spec.quality,
        bait=np.maximum(streams["bait"].normal(key), 0.0),
        topic=topic,
        creator=creator,
        language=language_codes(countries)[makers.country[creator]],
        born=born,
        duration_s=np.clip(median * np.exp(sigma * streams["duration"].normal(key)), 2.0, 36000.0),
        content=latent @ ground.rotation + streams["content"].normal(wide, axes) * spec.content_noise,
        has_content=streams["content known"].uniform(key) >= spec.content_missing,
        licensed=everywhere[:, None] | some | (np.arange(len(countries)) == makers.country[creator][:, None]),
        capability=_capability(config, key, streams["capability"]) if spec.capability else np.zeros(n, dtype=np.int64),
        sensitive=streams["sensitive"].uniform(key) < spec.sensitive,
        sponsored=streams["sponsored"].uniform(key) < spec.sponsored,
    )


def _creators(ground: Ground, makers: Creators, key: Codes, day: int | None) -> Codes:
    config, streams = ground.config, ground.streams
    old = config.catalogue.creators
    creator = streams["creator"].choice(makers.weight[:old], key)
    if day is None or not config.catalogue.new_creators:
        return creator
    recent = min(day + 1, _RECENT_DAYS) * config.catalogue.new_creators
    last = old + (day + 1) * config.catalogue.new_creators
    newcomer = last - recent + streams["newcomer"].below(recent, key)
    return np.where(streams["new creator"].uniform(key) < _NEWCOMERS, newcomer, creator)


def _capability(config: WorldConfig, key: Codes, stream: Stream) -> Codes:
    """Devices rank in the order in which the world lists them: the first can do most."""
    devices = list(config.population.devices)
    needs = config.catalogue.capability
    levels = np.array([len(devices) - 1 - devices.index(name) for name in needs] + [0], dtype=np.int64)
    shares = [*needs.values(), max(1.0 - sum(needs.values()), 0.0)]
    return levels[stream.choice(tuple(shares), key)]
