"""What a release is forecast to be worth, in the form that a night keeps beside what it was worth later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jobs.night import Night
from jobs.offpolicy.asked import SAMPLE, Asked
from jobs.offpolicy.estimators import MAIN
from jobs.offpolicy.evaluate import Evaluated, evaluate
from serving.release.loaded import LoadedRelease
from surfaces.surface import Surface


@dataclass(frozen=True, kw_only=True)
class Worth:
    """Values per request, in the surface's value. `logged`: of what was shown; `value`: of the `target`; `difference`:
    target - logged. What was refused, for `reasons`, is None.

    `left_out`: outcomes that were not known yet and are no part of any value.
    """

    target: str
    reasons: tuple[str, ...]
    value: float | None
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    logged: float
    requests: int
    users: int
    left_out: tuple[str, ...]
    level: float = 0.95


@dataclass(frozen=True, kw_only=True)
class Forecast(Worth):
    """The difference is on the same requests, paired. `excluded`: requests by reason."""

    surface: str
    days: tuple[str, ...]
    refused: bool
    logged_low: float
    logged_high: float
    excluded: dict[str, int]
    estimator: str = MAIN

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def forecast(
    night: Night,
    target: Path | LoadedRelease,
    days: Sequence[date],
    *,
    surface: Surface | None = None,
    sample: int = SAMPLE,
    top: int | None = None,
    level: float = 0.95,
) -> Forecast:
    """What `target` would have been worth on the logged requests of `days`, as known at the end of the night.

    `target`: a release in memory is taken as it is; one on disk as `jobs.offpolicy.target.standing` says. Raises
    UserError where the logs can carry no estimate at all; where they can, but not of this target, it is refused.
    """
    asked = Asked(tuple(days), sample=sample, top=top, level=level, surface=surface)
    return forecast_of(night, asked, evaluate(night, target, asked))


def forecast_of(night: Night, asked: Asked, found: Evaluated) -> Forecast:
    """The forecast that an evaluation makes."""
    value, difference = found.main.interval, found.difference.interval
    return Forecast(
        surface=night.surface.surface,
        days=tuple(str(day) for day in asked.days),
        target=found.target,
        refused=value is None,
        reasons=found.main.trust.refusals,
        value=value.value if value else None,
        low=value.low if value else None,
        high=value.high if value else None,
        difference=difference.value if difference else None,
        difference_low=difference.low if difference else None,
        difference_high=difference.high if difference else None,
        logged=found.logged.value,
        logged_low=found.logged.low,
        logged_high=found.logged.high,
        requests=found.main.trust.units,
        users=found.main.trust.users,
        excluded=dict(found.excluded.by_reason),
        left_out=found.left_out,
        level=asked.level,
    )
