"""A stale feature: what serving looks at is not refreshed any more."""

from __future__ import annotations

from worlds.part import Spell


class StaleFeature(Spell):
    """`feature` stays as it was when `from_day` began."""

    feature: str
