"""The features that the logging policy looks at, as served: with what a stale or skewed one makes of them."""

from __future__ import annotations

import numpy as np

from worlds.draws import Codes, Floats
from worlds.logs.tables import Offered
from worlds.sessions import Requests
from worlds.world import World

NAMES = ("popularity", "age_days", "freshness")


def served(world: World, asked: Requests, found: Offered, weight: Floats, held: Floats) -> dict[str, Floats]:
    """Name to (e,) value for the candidates `found` of `asked`.

    `weight` (m,) are today's popularities, `held` (n,) those of the day on which a stale feature's onset began.
    """
    item = found.item
    values = _true(world, asked.days[found.row], item, weight)
    stale, skew = world.config.faults.stale_feature, world.config.faults.feature_skew
    if stale is not None and stale.active(asked.day) and stale.feature in values:
        known = item < len(held)
        old = _true(world, np.full(len(item), float(stale.from_day)), np.where(known, item, 0), held)[stale.feature]
        values[stale.feature] = np.where(known, old, 0.0)
    if skew is not None and skew.active(asked.day) and skew.feature in values:
        values[skew.feature] = skew.served(values[skew.feature])
    return values


def _true(world: World, now: Floats, item: Codes, weight: Floats) -> dict[str, Floats]:
    age = np.maximum(now - world.items.born[item], 0.0)
    fresh = np.exp(-age / world.config.catalogue.fresh_days)
    return {"popularity": weight[item], "age_days": age, "freshness": fresh}
