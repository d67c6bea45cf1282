"""How plainer policies answer requests: with any item, the most popular, those like the last ones, or by the truth."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from infra.loop.counterfactual import Answer
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


def answers(popular: policies.Popular, release: Path | None) -> dict[str, Answer]:
    """How every policy to compare with answers; item-item is that of `release`, absent without one.

    Most-popular and item-item know what the server logged, like the release that served.
    """
    found: dict[str, Answer] = {
        RANDOM: policies.Random().slates,
        POPULAR: popular.slates,
        OPTIMAL: policies.Optimal().slates,
    }
    folder = release / "item_item" if release else None
    model = load("item_item", folder) if folder is not None and folder.is_dir() else None
    if isinstance(model, ItemItem):
        found[ITEM_ITEM] = partial(_item_item, model, popular)
    return found


def _item_item(model: ItemItem, popular: policies.Popular, world: World, asked: Requests, past: Past) -> Codes:
    """The most alike to what the user has consumed, then the most popular, within the caps."""
    names = item_ids(world, np.arange(len(world.items))).to_pylist()

    def score(part: Requests) -> Floats:
        had = [[names[row] for row in rows if row >= 0] for rows in world.consumed[part.user].tolist()]
        users = user_ids(part.user).to_pylist()
        offered = model.recommend(ModelRequests(users, had, had), OFFERED)
        scores = popular.scores(world, part) * 1e-12
        for place, (items, strength) in enumerate(zip(offered.items, offered.scores, strict=True)):
            known = np.isfinite(strength)
            rows = np.array([row_of(item) for item in items[known]], dtype=np.int64)
            scores[place, rows[rows < world.catalogue]] += strength[known][rows < world.catalogue]
        return scores

    return policies.by_score(world, asked, score, past)
