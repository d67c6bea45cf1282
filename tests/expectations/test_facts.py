"""What a day is compared with."""

from __future__ import annotations

from datetime import date, timedelta

from expectations.facts import Facts

DAY = date(2026, 1, 8)


def week(rows: int, days: int = 7) -> dict[date, int]:
    return {DAY - timedelta(days=back): rows for back in range(1, days + 1)}


def test_usual_rows_is_the_median_so_one_broken_day_does_not_move_it() -> None:
    rows = week(100) | {DAY - timedelta(days=1): 1}
    assert Facts(DAY, rows).usual_rows() == 100


def test_two_days_are_too_few_to_compare_with() -> None:
    assert Facts(DAY, week(100, days=2)).usual_rows() is None


def test_label_range_is_the_factor_and_four_standard_errors() -> None:
    facts = Facts(DAY, week(100), {"click": 0.1}, {"click": 1000})
    low, high = facts.label_range("click", 2.0) or (0, 0)
    assert low == 0.05 - 4 * (0.1 / 1000) ** 0.5
    assert high == 0.2 + 4 * (0.1 / 1000) ** 0.5


def test_no_label_range_without_enough_labels_or_past() -> None:
    assert Facts(DAY, week(100), {"click": 0.1}, {"click": 10}).label_range("click", 2.0) is None
    assert Facts(DAY, {}, {"click": 0.1}, {"click": 1000}).label_range("click", 2.0) is None
    assert Facts(DAY, week(100), {}, {"click": 1000}).label_range("click", 2.0) is None
