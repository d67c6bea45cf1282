"""A silent partial outage: the outcomes of one country do not arrive."""

from __future__ import annotations

import numpy as np

from worlds.draws import Codes, Floats, Mask
from worlds.part import Share, Spell


class Outage(Spell):
    """The outcomes of `share` of the requests from `country` are lost."""

    country: str
    share: Share = 1.0

    def lost(self, country: Codes, countries: tuple[str, ...], luck: Floats) -> Mask:
        """(r,) whether the outcomes of each request are, from its `country` code and `luck` (r,) uniform numbers."""
        return np.asarray((luck < self.share) & (country == countries.index(self.country)))
