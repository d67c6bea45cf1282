"""Training/serving skew: serving computes one feature otherwise than training does."""

from __future__ import annotations

from worlds.draws import Floats
from worlds.part import Spell


class FeatureSkew(Spell):
    """Where serving looks at `feature` it sees `factor` times its value plus `offset`."""

    feature: str
    factor: float = 1.0
    offset: float = 0.0

    def served(self, values: Floats) -> Floats:
        """What serving sees in place of `values`."""
        return self.factor * values + self.offset
