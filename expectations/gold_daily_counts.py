"""gold.daily_counts: the partial counts of the arrival day."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations import rules
from expectations.facts import Facts
from surfaces.surface import Surface

TABLE = "gold.daily_counts"


def expectations(surface: Surface, facts: Facts) -> list[Expectation]:
    """Volume, nulls, and counts that are not negative."""
    return [
        rules.volume(facts, surface.checks, level="warning"),
        rules.never_null("key"),
        rules.within("impressions", 0, None),
        *(rules.never_null(outcome) for outcome in surface.outcomes),
    ]
