"""A broken model: on its days the policy ranks upside down."""

from __future__ import annotations

import numpy as np

from worlds.draws import Floats
from worlds.part import Spell


class BrokenModel(Spell):
    """The least popular item takes the weight of the most popular one, and so on."""

    def weight(self, weight: Floats) -> Floats:
        """`weight` (n,) given to the items in reverse."""
        order = np.argsort(weight, kind="stable")
        broken = np.empty_like(weight)
        broken[order] = weight[order[::-1]]
        return broken
