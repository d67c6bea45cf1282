"""bronze.request: one arrival day of who asked, and in which context."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations import rules
from expectations.facts import Facts
from schemas.logs import REQUEST
from surfaces.surface import Surface

TABLE = "bronze.request"


def expectations(surface: Surface, facts: Facts) -> list[Expectation]:
    """Volume, nulls and freshness."""
    return [
        rules.volume(facts, surface.checks, level="warning"),
        *rules.required(REQUEST),
        *rules.fresh("requested_at", facts, surface.checks.freshness),
    ]
