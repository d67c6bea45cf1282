"""Slates that are made at night, so that an answer is one read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from surfaces.duration import Duration
from surfaces.part import Part
from surfaces.policy import Policy


class Batch(Part):
    """Every known user's slate is drawn when the night ships, by the stages that answer requests, and kept in the
    online store for `keep`. Who has none, or asks for another than it, is answered as on any other surface."""

    keep: Duration = timedelta(days=8)


def faults_of(policy: Policy) -> Iterator[str]:
    """The rules of `policy` that a slate made at night cannot obey: they look at what only a request says."""
    bound = [f"policy.{name}_tags" for name in policy.bindings if name != "country"]
    by_device = [place for place, rule in enumerate(policy.withhold) if rule.devices or rule.otherwise]
    for key in (*bound, *(f"policy.withhold.{place}" for place in by_device)):
        yield f"{key}: found beside batch; a slate made at night knows a user's country alone"
