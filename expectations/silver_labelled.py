"""silver.labelled: the event day as known at the night."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations import rules
from expectations.facts import Facts
from surfaces.surface import Surface

TABLE = "silver.labelled"


def expectations(surface: Surface, facts: Facts) -> list[Expectation]:
    """Volume, one row an impression, label ranges and rates, and the share of items that a dimension describes."""
    binary = [name for name, outcome in surface.outcomes.items() if outcome.kind == "binary"]
    sums = [name for name, outcome in surface.outcomes.items() if outcome.kind == "sum"]
    return [
        rules.volume(facts, surface.checks),
        rules.unique("impression_id"),
        rules.never_null("item_id"),
        rules.within("propensity", 0.0, 1.0),
        *(rules.within(name, 0.0, 1.0) for name in binary),
        *(rules.within(name, 0.0, surface.outcomes[name].cap) for name in sums),
        *rules.label_rates(facts, surface.outcomes, surface.training.positives, surface.checks),
        rules.mean("item_described", surface.checks.min_item_coverage, None),
    ]
