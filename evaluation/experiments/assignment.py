"""Sample ratio mismatch: whether arms have the shares of units that they were meant to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scipy import stats
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics import SampleRatio

from schemas.errors import UserError

FALSE_ALARMS = 1e-3
"""How often a sound assignment is called broken."""


@dataclass(frozen=True)
class Assignment:
    """Units found in each arm, the shares that were meant, and how improbable that is if all is well."""

    counts: Mapping[str, int]
    shares: Mapping[str, float]
    p: float
    false_alarms: float = FALSE_ALARMS

    @property
    def sound(self) -> bool:
        return self.p >= self.false_alarms

    def __str__(self) -> str:
        total, meant = sum(self.counts.values()), sum(self.shares.values())
        parts = [
            f"{arm} {count:,} ({count / total:.1%} of units, meant {self.shares[arm] / meant:.1%})"
            for arm, count in self.counts.items()
        ]
        return f"{', '.join(parts)}; p {self.p:.2g}"


def check_assignment(
    counts: Mapping[str, int], shares: Mapping[str, float] | None = None, false_alarms: float = FALSE_ALARMS
) -> Assignment:
    """Test `counts` against `shares` (of any sum; None: equal), exactly for two arms, by chi-squared for more.

    Fabijan et al., KDD 2019, "Diagnosing sample ratio mismatch in online controlled experiments". Raises UserError if
    an arm was meant to have no units, or has no share at all.
    """
    meant = dict.fromkeys(counts, 1.0) if shares is None else {arm: float(shares.get(arm, 0.0)) for arm in counts}
    for arm, share in meant.items():
        if share <= 0:
            raise UserError(f"share of arm {arm!r}: found {share:g}; allowed is a number above 0")
    if len(counts) < 2 or not sum(counts.values()):
        raise UserError(f"units in {len(counts)} arms: {dict(counts)}; a comparison needs two arms with units")
    return Assignment(dict(counts), meant, _p(counts, meant), false_alarms)


def _p(counts: Mapping[str, int], shares: Mapping[str, float]) -> float:
    if len(counts) == 2:
        control, treatment = counts
        test = SampleRatio(shares[treatment] / shares[control], method="binom")
        arms: dict[object, Aggregates] = {arm: Aggregates(count_=count) for arm, count in counts.items()}
        return float(test.analyze(arms, control, treatment).pvalue)
    scale = sum(counts.values()) / sum(shares.values())
    return float(stats.chisquare(list(counts.values()), [shares[arm] * scale for arm in counts]).pvalue)
