"""ops.ledger: how much of the day was set aside."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations import rules
from expectations.facts import Facts
from surfaces.surface import Surface

TABLE = "ops.ledger"


def expectations(surface: Surface, facts: Facts) -> list[Expectation]:  # noqa: ARG001 - one signature for all suites
    """One row a job and input, with the shares quarantined (ingest) and orphaned (join)."""
    return [
        rules.within("unaccounted", 0, 0),
        rules.within("quarantined_share", None, surface.checks.max_quarantine_share),
        rules.within("orphan_share", None, surface.checks.max_orphan_share, level="warning"),
    ]
