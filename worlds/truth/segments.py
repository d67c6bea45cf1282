"""Parts of a day's requests and impressions by which values are told apart."""

from __future__ import annotations

import numpy as np

from worlds.draws import Codes, Mask
from worlds.sessions import Requests
from worlds.world import World

NEW_USER_DAYS, NEW_ITEM_DAYS = 1.0, 3.0
HEAD = 0.2
"""Share of creators, those with the largest output, whose items are not of the tail."""


def request_segments(world: World, asked: Requests) -> dict[str, Mask]:
    """Name to (r,) mask: new users (first day), each country, each device."""
    age = asked.days - world.users.signed_up[asked.user]
    found = {"new users": age < NEW_USER_DAYS}
    people = world.config.population
    found |= {f"country {name}": asked.country == code for code, name in enumerate(people.countries)}
    return found | {f"device {name}": asked.device == code for code, name in enumerate(people.devices)}


def impression_segments(world: World, asked: Requests, slates: Codes) -> dict[str, Mask]:
    """Name to (r, k) mask: impressions of items of the last days, and of items of small creators (the tail)."""
    stock, shown = world.items, slates >= 0
    age = asked.days[:, None] - stock.born[slates]
    head = int(np.ceil(HEAD * world.config.catalogue.creators))
    return {"new items": shown & (age < NEW_ITEM_DAYS), "tail": shown & (stock.creator[slates] >= head)}
