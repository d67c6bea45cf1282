"""A viral item: one of the newest becomes far better liked than its features say."""

from __future__ import annotations

from worlds.part import Spell


class Viral(Spell):
    """`boost` is added to the quality of the newest item there was when `from_day` began."""

    boost: float = 3.0
