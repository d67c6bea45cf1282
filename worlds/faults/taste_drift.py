"""Sudden drift: everybody's tastes turn at once."""

from __future__ import annotations

from worlds.part import Amount, Spell


class TasteDrift(Spell):
    """Tastes are turned by `radians` beyond the usual drift."""

    radians: Amount = 1.0
