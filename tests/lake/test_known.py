"""As known at a night: one version of each row, and of its labels only those that were known."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from lake.known import as_known_at, mask_labels, valid_at

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def night(day: int) -> date:
    return date(2026, 1, day)


SCHEMA = pa.schema(
    {"name": pa.string(), "known_from": pa.date32(), "known_until": pa.date32()}
    | {"like": pa.float64(), "like_known": pa.date32()}
)
ROWS: list[dict[str, Any]] = [
    {"name": "a", "known_from": night(1), "known_until": night(3), "like": 0.0, "like_known": night(2)},
    {"name": "a", "known_from": night(3), "known_until": None, "like": 1.0, "like_known": night(3)},
    {"name": "b", "known_from": night(2), "known_until": None, "like": None, "like_known": night(9)},
]
SEEN_AT = {
    0: [],
    1: [("a", None)],
    2: [("a", 0.0), ("b", None)],
    3: [("a", 1.0), ("b", None)],
    9: [("a", 1.0), ("b", None)],
}


def table() -> pa.Table:
    return pa.Table.from_pylist(ROWS, SCHEMA)


@pytest.mark.parametrize(("day", "expected"), [(day, seen) for day, seen in SEEN_AT.items() if day])
def test_each_night_sees_one_version_with_the_labels_it_knew(day: int, expected: list[Any]) -> None:
    rows = mask_labels(table().filter(valid_at(night(day))), ["like"], night(day))
    assert sorted((row["name"], row["like"]) for row in rows.to_pylist()) == expected


def test_before_anything_arrived_nothing_is_known() -> None:
    assert table().filter(valid_at(date(2025, 12, 31))).num_rows == 0


def test_a_label_whose_day_is_null_is_not_known() -> None:
    rows = pa.Table.from_pylist([ROWS[0] | {"like_known": None}], SCHEMA)
    assert mask_labels(rows, ["like"], night(9))["like"].to_pylist() == [None]


@pytest.mark.spark
def test_spark_sees_the_same(spark_session: SparkSession) -> None:
    frame = spark_session.createDataFrame(table())
    for day in (1, 2, 3):
        rows = as_known_at(frame, night(day), ["like"]).collect()
        assert sorted((row.name, row.like) for row in rows) == SEEN_AT[day]
