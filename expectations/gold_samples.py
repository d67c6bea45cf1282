"""gold.samples: the training rows of the event day, as known at the night."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations import rules
from expectations.facts import Facts
from surfaces.surface import Surface

TABLE = "gold.samples"


def expectations(surface: Surface, facts: Facts) -> list[Expectation]:
    """As many rows as silver.labelled has, one an impression, and item features known for most of them."""
    described = [rules.mean("features_known", 0.5, None, level="warning")] if facts.trailing_rows else []
    return [
        rules.volume(facts, surface.checks),
        rules.unique("impression_id"),
        rules.within("rows_beside_labelled", 0, 0),
        *described,
    ]
