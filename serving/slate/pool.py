"""What a slate may be drawn from, as arrays: the facts of every item that rules and policies look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

RANKED, RESERVE, SEEN = 0, 1, 2
"""Tiers of a pool: ranked candidates, other unseen items, and items the user has seen."""


@dataclass(frozen=True)
class Pool:
    """What a slate may be drawn from: (n,) arrays, best first, tiers ascending.

    `items`: catalogue rows. `relevance`: 1 for the best ranked candidate, 0 for the worst, below 0 in later tiers.
    `creators`, `topics`: codes, -1 where unknown (an unknown creator or topic is capped by no rule).
    `members`: who belongs to each kind that a rule names (`fresh`, `mix topic:music`, `sponsored` ...).
    `barred`: by rule, the items it excludes whatever stands above (a supply used up, a sponsored item too weak).
    `explorable`: who may be shown to explore; None: everybody. `vectors`: (n, d) float32 of unit length (0 where
    unknown) for likeness. `shown`: impressions so far.
    """

    items: Codes
    relevance: Doubles
    tiers: Codes
    creators: Codes
    topics: Codes
    members: Mapping[str, Mask] = field(default_factory=dict)
    barred: Mapping[str, Mask] = field(default_factory=dict)
    explorable: Mask | None = None
    vectors: Floats | None = None
    shown: Doubles | None = None

    def __len__(self) -> int:
        return len(self.items)


def relevance(values: Floats | Doubles, later: int = 0, seen: int = 0) -> Doubles:
    """The (n + later + seen,) relevance of n ranked items of `values`, then `later` of the reserve, then `seen`.

    Ranked items lie in [0, 1] as their values do between the least and the greatest (1 if all are alike); the
    reserve falls from -1 to -2 and seen items from -3 to -4 in their order.
    """
    ranked = np.ones(len(values), dtype=np.float64)
    if len(values):
        wide = np.asarray(values, dtype=np.float64)
        low, high = wide.min(), wide.max()
        if high > low:
            ranked = (wide - low) / (high - low)
    falls = [-1.0 - 2.0 * tier - np.arange(n) / max(n, 1) for tier, n in enumerate((later, seen))]
    return np.concatenate([ranked, *falls])
