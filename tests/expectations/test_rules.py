"""What stops a night when users answer less, and what is only told when they answer more."""

from __future__ import annotations

from datetime import date, timedelta

from great_expectations.expectations.expectation import Expectation

from expectations import rules
from expectations.facts import Facts
from surfaces.surface import Checks

DAY = date(2026, 1, 8)
WEEK = {DAY - timedelta(days=back): 1000 for back in range(1, 8)}
CHECKS = Checks(volume_low=0.5, volume_high=2.0, label_rate_factor=2.0)


def told(found: list[Expectation]) -> list[tuple[float | None, float | None, str]]:
    return [(one.min_value, one.max_value, str(one.severity.value)) for one in found]


def test_too_few_outcomes_stop_the_night_and_too_many_are_told() -> None:
    found = told(rules.answered(Facts(DAY, WEEK, {}, {}), CHECKS))
    assert found == [(500, None, "critical"), (None, 2000, "warning")]


def test_without_a_past_any_outcomes_will_do() -> None:
    assert told(rules.answered(Facts(DAY, {}, {}, {}), CHECKS)) == [(1, None, "critical")]


def test_a_label_that_falls_stops_the_night_and_one_that_rises_is_told() -> None:
    facts = Facts(DAY, WEEK, {"click": 0.1}, {"click": 10**9})
    (low, no_high, stops), (no_low, high, tells) = told(rules.label_rates(facts, ["click"], ["click"], CHECKS))
    assert (no_high, no_low, stops, tells) == (None, None, "critical", "warning")
    assert low is not None
    assert high is not None
    assert (round(low, 3), round(high, 3)) == (0.05, 0.2)


def test_a_label_that_does_not_count_never_stops_the_night() -> None:
    facts = Facts(DAY, WEEK, {"hide": 0.1}, {"hide": 10**9})
    assert {severity for *_, severity in told(rules.label_rates(facts, ["hide"], ["click"], CHECKS))} == {"warning"}
