"""bronze.impression: one arrival day of what was shown."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations import rules
from expectations.facts import Facts
from schemas.logs import IMPRESSION
from surfaces.surface import Surface

TABLE = "bronze.impression"


def expectations(surface: Surface, facts: Facts) -> list[Expectation]:
    """Volume, nulls (of what the surface's logs carry), ranges and freshness; duplicates are the join's to remove."""
    carried = {"user": "user_id", "position": "position", "propensity": "propensity"}
    given = [rules.never_null(column, at_least=0.99) for thing, column in carried.items() if thing not in surface.lacks]
    return [
        rules.volume(facts, surface.checks),
        *rules.required(IMPRESSION),
        *rules.ranges(IMPRESSION),
        *given,
        *rules.fresh("shown_at", facts, surface.checks.freshness),
        rules.unique("impression_id", at_least=1 - surface.checks.max_repeated_share, level="warning"),
    ]
