"""Every suite, by table, in the order in which they are checked."""

from __future__ import annotations

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from expectations import (
    bronze_impression,
    bronze_outcome,
    bronze_request,
    gold_daily_counts,
    gold_samples,
    ops_ledger,
    silver_labelled,
)
from expectations.facts import Facts
from surfaces.surface import Surface

SUITES: dict[str, Callable[[Surface, Facts], list[Expectation]]] = {
    suite.TABLE: suite.expectations
    for suite in (
        bronze_impression,
        bronze_outcome,
        bronze_request,
        ops_ledger,
        silver_labelled,
        gold_daily_counts,
        gold_samples,
    )
}
