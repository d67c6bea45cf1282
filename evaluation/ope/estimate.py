"""One estimate as it is reported: a value with its interval, or a refusal and never a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.ope.intervals import Interval, studentised
from evaluation.ope.stream import Sums
from evaluation.ope.trust import Limits, Trust, judge


@dataclass(frozen=True)
class Estimate:
    """What `estimator` says. `interval` is None where `trust` refuses: there is then no number to be had."""

    estimator: str
    interval: Interval | None
    trust: Trust

    @property
    def refused(self) -> bool:
        return self.interval is None


def estimated(
    name: str,
    sums: Sums,
    unsupported: float | None = None,
    limits: Limits | None = None,
    interval: Callable[[Sums], Interval] = studentised,
) -> Estimate:
    """The estimate from `sums`, if the trust checks let it be given."""
    trust = judge(sums, unsupported, limits)
    return Estimate(name, interval(sums) if trust.trusted else None, trust)
