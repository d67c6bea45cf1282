"""How often statistical proofs are repeated, and how far a rate may then be off."""

from __future__ import annotations

import math
import os

REPLICATIONS = int(os.environ.get("FEEDMILL_PROVE_EXPERIMENTS", "600"))
"""`make prove` says 10,000; the slow tier does fewer."""
FULL = 10_000


def off(rate: float, replications: int, bar: float) -> float:
    """How far a rate found in `replications` may lie from `rate`: `bar` when there are enough to tell, 3.5 of its
    standard errors when there are not."""
    return bar if replications >= FULL else 3.5 * math.sqrt(rate * (1 - rate) / replications)
