"""Repeated delivery: some outcomes and impressions arrive twice, on the same day or the next."""

from __future__ import annotations

import numpy as np

from worlds.draws import Codes, Floats
from worlds.part import Share, Spell


class Repeated(Spell):
    """Shares of outcomes and impressions that are delivered twice, and of these on the next day."""

    outcomes: Share = 0.01
    impressions: Share = 0.0002
    next_day: Share = 0.25

    def again(self, share: float, luck: Floats) -> tuple[Codes, Codes]:
        """Which rows come again, and after how many days, from `luck` (n,) uniform numbers."""
        rows = np.flatnonzero(luck < share)
        return rows, (luck[rows] < share * self.next_day).astype(np.int64)
