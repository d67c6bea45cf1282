"""bronze.outcome: one arrival day of what happened."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations import rules
from expectations.facts import Facts
from schemas.logs import OUTCOME
from surfaces.surface import Surface

TABLE = "bronze.outcome"


def expectations(surface: Surface, facts: Facts) -> list[Expectation]:
    """Volume, nulls, freshness, and only outcomes that the surface declares."""
    return [
        *rules.answered(facts, surface.checks),
        *rules.required(OUTCOME),
        rules.one_of("outcome", surface.outcomes),
        *rules.fresh("occurred_at", facts, surface.checks.freshness),
        rules.unique("outcome_id", at_least=1 - surface.checks.max_repeated_share, level="warning"),
    ]
