"""The value of a target release on the requests of some days, by every estimator that its logs allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from evaluation.ope.estimate import Estimate
from evaluation.ope.intervals import Interval, studentised
from evaluation.ope.soundness import REASONS, Excluded
from evaluation.ope.stream import summed
from jobs.night import Night
from jobs.offpolicy import estimators, logged
from jobs.offpolicy.asked import Asked
from jobs.offpolicy.logged import LoggedSlate
from jobs.offpolicy.rows import rows_of
from jobs.offpolicy.support import Support
from jobs.offpolicy.target import standing
from jobs.offpolicy.weighing import Weighed, weigh
from jobs.offpolicy.worth import Worth, worth_of
from schemas.errors import UserError
from serving.release.loaded import LoadedRelease
from serving.replay import Releases


@dataclass(frozen=True)
class Evaluated:
    """`logged`: the value per request of what was shown; `estimates` of the target's by estimator, and of the
    `difference` target - logged, paired. `excluded` counts requests by reason; `left_out` are outcomes of the value
    that are hardly known yet. `unsupported`: see `Support`."""

    target: str
    logged: Interval
    estimates: dict[str, Estimate]
    difference: Estimate
    excluded: Excluded
    left_out: tuple[str, ...]
    unsupported: float | None
    clip: float | None = None

    @property
    def main(self) -> Estimate:
        """The estimate that the verdict goes by."""
        return self.estimates[estimators.MAIN]


def evaluate(night: Night, target: Path | LoadedRelease, asked: Asked) -> Evaluated:
    """Weigh the logged slates of `asked.days`, as known at the night, against `target` (see `target.standing`).

    Raises UserError where the logs of these days can carry no estimate at all.
    """
    logged.check(night, asked.days)
    worth, excluded = worth_of(night, asked.days), Excluded()
    support = Support(Releases(night.home.releases(night.surface.surface)), asked.looked_at)
    weighed: list[tuple[Weighed, list[float], str]] = []
    name = target.release_id if isinstance(target, LoadedRelease) else target.name
    for day in asked.days:
        with standing(night, target, day, asked.surface) as release:
            for slate, slots in _sound(night, day, asked, worth, excluded):
                rewards = [reward for reward in slate.rewards[:slots] if reward is not None]
                weighed.append((weigh(release, slate, slots, support), rewards, slate.user))
    excluded.kept = len(weighed)
    if not weighed:
        raise UserError(_nothing(night, asked, excluded))
    rows = rows_of(weighed)
    found = estimators.every(rows, support.unsupported, asked.level)
    return Evaluated(
        target=name,
        logged=studentised(summed(found.logged, rows.users), asked.level),
        estimates=found.estimates,
        difference=found.difference,
        excluded=excluded,
        left_out=worth.left_out,
        unsupported=support.unsupported,
        clip=found.clip,
    )


def _sound(
    night: Night, day: date, asked: Asked, worth: Worth, excluded: Excluded
) -> Iterator[tuple[LoggedSlate, int]]:
    """The slates that can be weighed, with how many of their slots count; the others are counted by reason."""
    for slate in logged.slates(night, day, worth, asked, excluded):
        slots = min(len(slate.items), asked.top or len(slate.items))
        reason = _fault(slate, slots, asked.top)
        if reason:
            excluded.count(reason)
        else:
            yield slate, slots


def _fault(slate: LoggedSlate, slots: int, top: int | None) -> str:
    """Why a slate cannot be weighed; empty if it can."""
    if not slate.whole:
        return "slots missing or doubled"
    wanted = slate.request.get("size") or slots
    if slots < min(wanted, top or wanted):
        return "slate shorter than asked for"
    for propensity in slate.propensities[:slots]:
        if propensity is None or np.isnan(propensity):
            return REASONS[0]
        if not 0.0 < propensity <= 1.0:
            return REASONS[1] if propensity == 0.0 else REASONS[2] if propensity < 0.0 else REASONS[3]
    return "labels not known yet" if None in slate.rewards[:slots] else ""


def _nothing(night: Night, asked: Asked, excluded: Excluded) -> str:
    days = f"{asked.days[0]} to {asked.days[-1]}"
    of = "".join(f" with {name} {value}" for name, value in asked.segment.items())
    why = ", ".join(f"{n:,} {reason}" for reason, n in excluded.by_reason.items()) or "none was logged"
    return f"{night.surface.surface}: no request of {days}{of} can be weighed: {why}"
