"""The kinds of rule that the suites are made of. `blocking` rules stop the night; `warning` rules are only told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from great_expectations.expectations.core import (
    ExpectColumnMaxToBeBetween,
    ExpectColumnMeanToBeBetween,
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToBeUnique,
    ExpectColumnValuesToNotBeNull,
    ExpectTableRowCountToBeBetween,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.facts import Facts
from schemas.contract import Contract
from surfaces.surface import Checks

Level = Literal["blocking", "warning"]

_SEVERITY = {"blocking": FailureSeverity.CRITICAL, "warning": FailureSeverity.WARNING}


def volume(facts: Facts, checks: Checks, level: Level = "blocking") -> Expectation:
    """Rows of the day within the allowed factor of the trailing week's median, and at least `min_rows`."""
    low, high = _usual(facts, checks)
    return ExpectTableRowCountToBeBetween(min_value=low, max_value=high, severity=_SEVERITY[level])


def answered(facts: Facts, checks: Checks) -> list[Expectation]:
    """Outcomes of the day: too few stop the night, too many are told, for a better release is answered more often."""
    low, high = _usual(facts, checks)
    few = ExpectTableRowCountToBeBetween(min_value=low, max_value=None, severity=_SEVERITY["blocking"])
    many = ExpectTableRowCountToBeBetween(min_value=None, max_value=high, severity=_SEVERITY["warning"])
    return [few] if high is None else [few, many]


def required(contract: Contract) -> list[Expectation]:
    """Required columns hold no null."""
    names = [field.name for field in contract.fields if field.required]
    return [never_null(name) for name in names]


def never_null(column: str, at_least: float = 1.0, level: Level = "blocking") -> Expectation:
    """`column` is given in at least this share of the rows."""
    return ExpectColumnValuesToNotBeNull(column=column, mostly=at_least, severity=_SEVERITY[level])


def ranges(contract: Contract) -> list[Expectation]:
    """Columns lie within the minimum and maximum of their contract."""
    return [
        within(field.name, field.minimum, field.maximum)
        for field in contract.fields
        if field.minimum is not None or field.maximum is not None
    ]


def within(column: str, low: float | None, high: float | None, level: Level = "blocking") -> Expectation:
    """Every value of `column` lies between `low` and `high`, both included."""
    return ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high, severity=_SEVERITY[level])


def unique(column: str, at_least: float = 1.0, level: Level = "blocking") -> Expectation:
    """At least this share of the rows shares its value of `column` with no other row."""
    return ExpectColumnValuesToBeUnique(column=column, mostly=at_least, severity=_SEVERITY[level])


def one_of(column: str, values: Iterable[str]) -> Expectation:
    """Every value of `column` is one of `values`."""
    return ExpectColumnValuesToBeInSet(column=column, value_set=sorted(values), severity=_SEVERITY["blocking"])


def mean(column: str, low: float | None, high: float | None, level: Level = "blocking") -> Expectation:
    """The mean of `column` lies between `low` and `high`, both included."""
    return ExpectColumnMeanToBeBetween(column=column, min_value=low, max_value=high, severity=_SEVERITY[level])


def fresh(column: str, facts: Facts, within_last: timedelta) -> list[Expectation]:
    """The newest event is of the day itself (blocking), and of its last hours (warning)."""
    midnight = datetime.combine(facts.day, time(), tzinfo=UTC)
    end = midnight + timedelta(days=1)
    return [
        ExpectColumnMaxToBeBetween(column=column, min_value=midnight, max_value=end, severity=_SEVERITY["blocking"]),
        ExpectColumnMaxToBeBetween(
            column=column, min_value=end - within_last, max_value=end, severity=_SEVERITY["warning"]
        ),
    ]


def label_rates(facts: Facts, outcomes: Iterable[str], blocking: Iterable[str], checks: Checks) -> list[Expectation]:
    """The mean of each label is near the trailing week's; one in `blocking` that falls below it stops the night.

    One that rises above it is told: a better release is answered more often.
    """
    stops = set(blocking)
    rules = []
    for outcome in outcomes:
        allowed = facts.label_range(outcome, checks.label_rate_factor)
        if allowed is not None:
            low, high = allowed
            rules.append(mean(outcome, low, None, level="blocking" if outcome in stops else "warning"))
            rules.append(mean(outcome, None, high, level="warning"))
    return rules


def _usual(facts: Facts, checks: Checks) -> tuple[int, int | None]:
    """Least and most rows that a day may have, by the trailing week; no most without one."""
    usual = facts.usual_rows()
    if usual is None:
        return checks.min_rows, None
    return max(checks.min_rows, int(usual * checks.volume_low)), int(usual * checks.volume_high)
