"""What a table's columns may hold, and how what they may not is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jobs.experiments.cells import days, numbers, yes_or_no
from schemas.errors import UserError


def test_numbers_are_numbers_however_they_are_written() -> None:
    assert numbers(pd.Series(["1", 2, 3.5, True])).tolist() == [1.0, 2.0, 3.5, 1.0]


@pytest.mark.parametrize("cell", [np.nan, None, np.inf, "many", ""])
def test_what_is_no_number_is_told(cell: object) -> None:
    with pytest.raises(UserError, match=r"clicks: 1 of 2 rows hold no number; the first is") as told:
        numbers(pd.Series([1.0, cell], name="clicks"))
    assert told.value.fix == "write 0 where nothing happened"


def test_the_past_may_be_unknown_but_not_infinite() -> None:
    assert np.isnan(numbers(pd.Series([1.0, None], name="past"), unknown=True)[1])
    with pytest.raises(UserError, match="past: 1 of 2 rows hold no number"):
        numbers(pd.Series([1.0, np.inf], name="past"), unknown=True)


@pytest.mark.parametrize(
    "column",
    [
        ["2026-01-31", "2026-02-01", "2026-02-03"],
        ["2026-01-31T23:59:00Z", "2026-02-01T00:01:00Z", "2026-02-03T12:00:00Z"],
        ["2026-02-01T00:30:00+01:00", "2026-02-01T02:00:00+01:00", "2026-02-03T02:00:00+01:00"],
        [20260131, 20260201, 20260203],
        [7, 8, 10],
        [7.0, 8.0, 10.0],
    ],
)
def test_days_are_counted_from_the_first_in_utc(column: list[object]) -> None:
    assert days(pd.Series(column, name="day")).tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (["2026-01-31", "soon"], "date"),
        (["2026-01-31", None], "date"),
        ([20260131, 20261399], "date"),
        ([1.0, np.nan], "number"),
        ([1.0, 1.5], "whole number"),
    ],
)
def test_what_is_no_day_is_told(column: list[object], wanted: str) -> None:
    with pytest.raises(UserError, match=f"day: 1 of 2 rows hold no {wanted}"):
        days(pd.Series(column, name="day"))


@pytest.mark.parametrize("words", [["yes", "no"], [True, False], [1, 0], [1.0, 0.0], ["TRUE", " false "]])
def test_yes_and_no_have_many_names(words: list[object]) -> None:
    assert yes_or_no(pd.Series(words)).tolist() == [True, False]


@pytest.mark.parametrize("cell", [None, np.nan, "perhaps", 2])
def test_what_is_neither_is_not_taken_for_yes(cell: object) -> None:
    with pytest.raises(UserError, match="seen: 1 of 3 rows hold no yes or no"):
        yes_or_no(pd.Series(["yes", "no", cell], name="seen", dtype=object))
