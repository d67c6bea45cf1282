"""Which logged rows may be weighed at all: what is wrong with the others is counted, never mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from evaluation.ope.terms import Doubles

Mask = npt.NDArray[np.bool_]

REASONS = ("propensity missing", "propensity 0", "propensity negative", "propensity above 1")


@dataclass
class Excluded:
    """How many units (rounds, slates) were left out, by reason; `kept` were not."""

    kept: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)

    def count(self, reason: str, n: int = 1) -> None:
        """`n` more units left out for `reason`."""
        if n:
            self.by_reason[reason] = self.by_reason.get(reason, 0) + n

    def add(self, other: Excluded) -> None:
        """What another block counted."""
        self.kept += other.kept
        for reason, n in other.by_reason.items():
            self.count(reason, n)

    @property
    def total(self) -> int:
        """Units left out."""
        return sum(self.by_reason.values())


def unsound(propensities: Doubles, shown: Mask | None = None) -> dict[str, Mask]:
    """By reason, (n,) whether a unit has such a propensity in any slot; a unit counts for the first that applies.

    `propensities`: (n,) or (n, K); `shown`: (n, K) the slots that there are. 0 is as wrong as -1: what was shown had a
    chance.
    """
    values = propensities if propensities.ndim == 2 else propensities[:, None]
    there = np.ones(values.shape, dtype=np.bool_) if shown is None else shown
    with np.errstate(invalid="ignore"):
        faults = (np.isnan(values), values == 0.0, values < 0.0, values > 1.0)
    found: dict[str, Mask] = {}
    left = np.ones(len(values), dtype=np.bool_)
    for reason, fault in zip(REASONS, faults, strict=True):
        found[reason] = (fault & there).any(axis=1) & left
        left &= ~found[reason]
    return found


def counted(faults: Mapping[str, Mask], n: int) -> tuple[Mask, Excluded]:
    """((n,) which units are left, what was left out)."""
    sound = np.ones(n, dtype=np.bool_)
    excluded = Excluded()
    for reason, mask in faults.items():
        excluded.count(reason, int((mask & sound).sum()))
        sound &= ~mask
    excluded.kept = int(sound.sum())
    return sound, excluded
