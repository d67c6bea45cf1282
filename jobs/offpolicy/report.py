"""An off-policy evaluation as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from evaluation.ope.estimate import Estimate
from evaluation.ope.intervals import Interval
from jobs.night import Night
from jobs.offpolicy.asked import Asked
from jobs.offpolicy.evaluate import Evaluated
from jobs.offpolicy.forecast import forecast_of


def as_json(night: Night, asked: Asked, found: Evaluated) -> dict[str, Any]:
    """The forecast, and every estimate with its trust checks; what is refused has no number."""
    return {
        **forecast_of(night, asked, found).as_dict(),
        "known_at": str(night.day),
        "segment": dict(asked.segment),
        "top": asked.top,
        "clip": found.clip,
        "unsupported": found.unsupported,
        "estimates": {name: _estimate(one) for name, one in found.estimates.items()},
    }


def _estimate(one: Estimate) -> dict[str, Any]:
    return {"refused": one.refused, **_interval(one.interval), "trust": asdict(one.trust)}


def _interval(found: Interval | None) -> dict[str, Any]:
    return {} if found is None else asdict(found)
