"""Durations are read and written as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surfaces.duration import parse, write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("6h", timedelta(hours=6)),
        (" 2d ", timedelta(days=2)),
        ("0s", timedelta(0)),
        ("250ms", timedelta(milliseconds=250)),
    ],
)
def test_a_number_and_a_unit(text: str, expected: timedelta) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["30", "30z", "m", "-1h", "1.5h", "1h30m", None, 30])
def test_anything_else_is_refused_with_what_is_allowed(text: object) -> None:
    with pytest.raises(ValueError, match=r"found .*; allowed is a whole number and one of ms, s, m, h, d"):
        parse(text)


@given(st.integers(0, 10**8), st.integers(0, 999))
def test_what_is_written_is_read_back(seconds: int, milliseconds: int) -> None:
    for length in (timedelta(seconds=seconds), timedelta(seconds=seconds % 1000, milliseconds=milliseconds)):
        assert parse(write(length)) == length


def test_the_largest_unit_that_fits_is_written() -> None:
    assert [write(timedelta(seconds=seconds)) for seconds in (172800, 7200, 5400, 61, 0)] == [
        "2d",
        "2h",
        "90m",
        "61s",
        "0s",
    ]
