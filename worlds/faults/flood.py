"""A flood of the catalogue: many more items than usual are created a day."""

from __future__ import annotations

from worlds.part import Positive, Spell


class Flood(Spell):
    """`items` more a day."""

    items: Positive = 1000
