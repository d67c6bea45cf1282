"""What plainer policies would have shown to the same requests: any item, the most popular, those like the last ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from infra.loop.record import ITEM_ITEM, OPTIMAL, POPULAR, RANDOM
from models.interface import Requests as ModelRequests
from models.item_item import ItemItem
from models.registry import load
from worlds.draws import Codes, Floats
from worlds.logs.words import item_ids, row_of, user_ids
from worlds.sessions import Requests
from worlds.truth import policies
from worlds.truth.past import Past
from worlds.world import World

OFFERED = 200
"""Items that item-item may choose from for a request; where it knows too few, the most popular follow."""


def slates(
    world: World, asked: Requests, past: Past, popular: policies.Popular, release: Path | None
) -> dict[str, Codes]:
    """Slates (r, k) of every policy to compare with; item-item is that of `release`, absent without one.

    Like the server, they show nothing again that the `past` of the world as it was served bars.
    """
    found = {
        RANDOM: policies.Random().slates(world, asked, past),
        POPULAR: popular.slates(world, asked, past),
        OPTIMAL: policies.Optimal().slates(world, asked, past),
    }
    folder = release / "item_item" if release else None
    if folder is not None and folder.is_dir():
        model = load("item_item", folder)
        if isinstance(model, ItemItem):
            found[ITEM_ITEM] = _item_item(model, world, asked, past, popular)
    return found


def _item_item(model: ItemItem, world: World, asked: Requests, past: Past, popular: policies.Popular) -> Codes:
    """The most alike to what the user has consumed, then the most popular, within the caps."""
    names = item_ids(world, np.arange(len(world.items))).to_pylist()

    def score(part: Requests) -> Floats:
        past = [[names[row] for row in rows if row >= 0] for rows in world.consumed[part.user].tolist()]
        users = user_ids(part.user).to_pylist()
        offered = model.recommend(ModelRequests(users, past, past), OFFERED)
        scores = popular.scores(world, part) * 1e-12
        for place, (items, strength) in enumerate(zip(offered.items, offered.scores, strict=True)):
            known = np.isfinite(strength)
            rows = np.array([row_of(item) for item in items[known]], dtype=np.int64)
            scores[place, rows[rows < world.catalogue]] += strength[known][rows < world.catalogue]
        return scores

    return policies.by_score(world, asked, score, past)
