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


@dataclass(frozen=True)
class Forecast:
    """Values per request, in the surface's value. `logged`: of what was shown; `value`: of the target; `difference`:
    target - logged on the same requests, paired. What was `refused`, for `reasons`, is None.

    `excluded`: requests by reason. `left_out`: outcomes that were not known yet and are no part of any value.
    """

    surface: str
    days: tuple[str, ...]
    target: str
    refused: bool
    reasons: tuple[str, ...]
    value: float | None
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    logged: float
    logged_low: float
    logged_high: float
    requests: int
    users: int
    excluded: dict[str, int]
    left_out: tuple[str, ...]
    level: float = 0.95
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
