"""Clock skew: the clocks of some users' devices are wrong, so their outcomes carry wrong times."""

from __future__ import annotations

import numpy as np

from worlds.draws import Codes, Streams
from worlds.part import Share, Spell


class ClockSkew(Spell):
    """`share` of users have clocks that are ahead by `seconds` (behind, if negative)."""

    share: Share = 0.02
    seconds: float = -3600.0

    def shift(self, user: Codes, streams: Streams) -> Codes:
        """Microseconds to add to the times that each of the user rows reports."""
        skewed = streams["clock"].uniform(user) < self.share
        return np.where(skewed, int(self.seconds * 1e6), 0)
