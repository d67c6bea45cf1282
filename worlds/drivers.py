"""What outcomes depend on: one number per (request, item) and name, of everything the world knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worlds.config import WorldConfig
from worlds.draws import Codes, Floats, Mask
from worlds.items import Items
from worlds.people import Users
from worlds.sessions import Requests
from worlds.vocabulary import language_codes

Drivers = dict[str, Floats]


@dataclass(frozen=True)
class Scene:
    """Users and items as of a day, for which drivers are asked.

    `taste` (n, d), `quality` (m,) and `bots` (n,) are those of that day; `consumed` (n, memory) item rows, -1 where
    empty.
    """

    config: WorldConfig
    users: Users
    items: Items
    taste: Floats
    quality: Floats
    bots: Mask
    consumed: npt.NDArray[np.int32]


def drivers(scene: Scene, asked: Requests, items: Codes) -> Drivers:
    """Name to array (r, k) for `items` (r, k) rows shown to the requests `asked`; (k,) shows the same to all."""
    stock, user = scene.items, asked.user
    wide = items if items.ndim == 2 else items[None, :]
    shape = (len(asked), wide.shape[1])
    age = asked.days[:, None] - stock.born[wide]
    language = language_codes(tuple(scene.config.population.countries))[asked.country]
    found = {
        "taste": affinity(scene, user, items),
        "quality": scene.quality[wide],
        "bait": stock.bait[wide],
        "fresh": np.exp(-np.maximum(age, 0.0) / scene.config.catalogue.fresh_days),
        "user": scene.users.bias[user][:, None],
        "consumed": consumed(scene, user, items).astype(np.float64),
        "language": (stock.language[wide] == language[:, None]).astype(np.float64),
        "duration": np.log(stock.duration_s[wide]),
        "bot": scene.bots[user].astype(np.float64)[:, None],
        "sensitive": stock.sensitive[wide].astype(np.float64),
    }
    return {name: np.broadcast_to(values, shape) for name, values in found.items()}


def affinity(scene: Scene, user: Codes, items: Codes) -> Floats:
    """(r, k) cosine of each user's taste and each item; `items` is (r, k) or (k,)."""
    taste, latent = scene.taste[user], scene.items.latent
    if items.ndim == 1:
        return np.asarray(taste @ latent[items].T)
    return np.asarray(np.einsum("rd,rkd->rk", taste, latent[items]))


def consumed(scene: Scene, user: Codes, items: Codes) -> Mask:
    """(r, k) whether each user has consumed each item before today."""
    if items.ndim == 2:
        return np.asarray((scene.consumed[user][:, None, :] == items[:, :, None]).any(axis=2))
    had = np.zeros((len(user), len(scene.items) + 1), dtype=bool)
    np.put_along_axis(had, scene.consumed[user].astype(np.int64), True, axis=1)
    return had[:, items]
