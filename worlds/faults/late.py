"""Late delivery: some outcomes arrive a day or two after they happened."""

from __future__ import annotations

import numpy as np
from pydantic import model_validator

from worlds.draws import Codes, Floats
from worlds.part import Share, Spell


class Late(Spell):
    """Shares of the outcomes that arrive one and two days after they happened."""

    one_day: Share = 0.012
    two_days: Share = 0.004

    @model_validator(mode="after")
    def _are_shares_of_one(self) -> Late:
        if self.one_day + self.two_days > 1.0:
            raise ValueError(f"one_day + two_days: found {self.one_day + self.two_days:g}; allowed is 1 at most")
        return self

    def days(self, luck: Floats) -> Codes:
        """(e,) days by which each outcome is late, from `luck` (e,) uniform numbers."""
        late = (luck < self.one_day + self.two_days).astype(np.int64)
        return np.asarray(late + (luck < self.two_days))
