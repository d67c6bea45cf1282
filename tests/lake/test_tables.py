"""Whole days are replaced in one commit, others are left alone, and content is compared whatever its layout."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from lake.tables import Lake, among
from schemas.contract import Contract, Field
from schemas.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ONE, TWO, THREE = date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)
TABLE = Contract(
    name="silver.made_up",
    version=1,
    doc="for tests",
    partition_by=("day",),
    fields=(
        Field("day", "date", "", required=True),
        Field("name", "string", "", required=True),
        Field("score", "float32", ""),
        Field("tags", "list<string>", ""),
        Field("weights", "map<string,float32>", ""),
        Field("at", "timestamp", ""),
    ),
)


def row(day: date, name: str, score: float | None = None, **further: Any) -> dict[str, Any]:
    return {"day": day, "name": name, "score": score} | further


def arrow(rows: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), TABLE.arrow())


def put(lake: Lake, rows: Iterable[dict[str, Any]], days: Iterable[date]) -> None:
    lake.write_arrow(arrow(rows), TABLE, among("day", days))


def names(lake: Lake, days: Iterable[date] | None = None) -> list[str]:
    return sorted(lake.arrow(TABLE, days, ["name"])["name"].to_pylist())


def test_a_table_lies_below_the_root_by_its_dotted_name(lake: Lake) -> None:
    assert lake.path(TABLE) == lake.root / "silver" / "made_up"
    assert not lake.exists(TABLE)


def test_a_table_that_was_never_written_is_empty_or_told(lake: Lake) -> None:
    assert lake.days(TABLE) == set()
    assert lake.fingerprint(TABLE) == (0, "0" * 16)
    assert lake.tally(TABLE, [ONE], by=("name",)) == {}
    with pytest.raises(UserError, match=r"silver\.made_up does not exist"):
        lake.arrow(TABLE)


def test_arrow_writes_replace_what_the_predicate_names_and_nothing_else(lake: Lake) -> None:
    put(lake, [row(ONE, "a"), row(TWO, "b")], [ONE, TWO])
    put(lake, [row(TWO, "c")], [TWO])
    assert names(lake) == ["a", "c"]
    assert lake.version(TABLE) == 1
    put(lake, [], [ONE])
    assert lake.days(TABLE) == {TWO}


def test_reads_take_days_columns_and_a_filter(lake: Lake) -> None:
    put(lake, [row(ONE, "a", 1.0), row(ONE, "b", 2.0), row(TWO, "c", 3.0)], [ONE, TWO])
    assert names(lake, [ONE]) == ["a", "b"]
    found = lake.arrow(TABLE, [ONE, TWO], ["name"], where=ds.field("score") > 1.5)
    assert sorted(found["name"].to_pylist()) == ["b", "c"]
    assert found.column_names == ["name"]
    assert lake.query(TABLE, "SELECT sum(score) AS total FROM rows")["total"].to_pylist() == [6.0]


def test_tallies_count_by_columns_on_days_of_any_column(lake: Lake) -> None:
    put(lake, [row(ONE, "a", 1.0), row(ONE, "a"), row(TWO, "b", 2.0)], [ONE, TWO])
    assert lake.tally(TABLE, [ONE, TWO], by=("day", "name")) == {(ONE, "a"): 2, (TWO, "b"): 1}
    assert lake.tally(TABLE, [ONE], by=("name",), where="score IS NOT NULL") == {("a",): 1}
    assert lake.tally(TABLE, [TWO], by=("day",), day="day") == {(TWO,): 1}


def test_fingerprints_see_content_and_not_order_or_files(lake: Lake, tmp_path: Any) -> None:
    rows = [row(ONE, "a", 1.0, tags=["x", "y"]), row(ONE, "b", None, weights=[("k", 0.5)]), row(TWO, "c")]
    put(lake, rows, [ONE, TWO])
    other = Lake(tmp_path / "other")
    for one in reversed(rows):
        kept = [old for old in rows[rows.index(one) :] if old["day"] == one["day"]]
        put(other, reversed(kept), [one["day"]])
    assert other.fingerprint(TABLE) == lake.fingerprint(TABLE)
    assert lake.fingerprint(TABLE, [ONE])[0] == 2
    put(other, [row(TWO, "d")], [TWO])
    assert other.fingerprint(TABLE) != lake.fingerprint(TABLE)
    assert other.fingerprint(TABLE, [ONE]) == lake.fingerprint(TABLE, [ONE])


def test_a_predicate_needs_days() -> None:
    assert among("day", [ONE, TWO]) == "day IN (DATE '2026-01-01', DATE '2026-01-02')"
    with pytest.raises(ValueError, match="no days given"):
        among("day", [])


@pytest.mark.spark
def test_spark_replaces_whole_days_in_one_commit_and_arrow_reads_them(lake: Lake, spark_session: SparkSession) -> None:
    def write(rows: list[dict[str, Any]], days: list[date]) -> None:
        lake.write_days(spark_session.createDataFrame(arrow(rows)), TABLE, days)

    empty = lake.frame(spark_session, TABLE)
    assert empty.columns == list(TABLE.names)
    write([row(ONE, "a", 0.5, tags=["x"], weights=[("k", 0.25)]), row(TWO, "b")], [ONE, TWO])
    first = lake.fingerprint(TABLE)
    write([row(ONE, "a", 0.5, tags=["x"], weights=[("k", 0.25)]), row(TWO, "b")], [ONE, TWO])
    assert lake.fingerprint(TABLE) == first, "the same rows again leave the same table"
    write([row(TWO, "c"), row(TWO, "d")], [TWO, THREE])
    assert names(lake) == ["a", "c", "d"]
    assert lake.version(TABLE) == 2
    assert lake.days(TABLE) == {ONE, TWO}
    assert sorted(found.name for found in lake.frame(spark_session, TABLE, [TWO]).collect()) == ["c", "d"]
    (kept,) = lake.arrow(TABLE, [ONE]).to_pylist()
    assert (kept["tags"], kept["weights"], kept["at"]) == (["x"], [("k", 0.25)], None)
    assert lake.arrow(TABLE).schema.field("at").type == pa.timestamp("us", "UTC")


@pytest.mark.spark
def test_a_row_of_another_day_stops_the_write_and_the_table_stays(lake: Lake, spark_session: SparkSession) -> None:
    put(lake, [row(ONE, "a")], [ONE])
    frame = spark_session.createDataFrame(arrow([row(ONE, "new"), row(TWO, "stray")]))
    with pytest.raises(Exception, match="DELTA_REPLACE_WHERE_MISMATCH"):
        lake.write_days(frame, TABLE, [ONE])
    assert names(lake) == ["a"]


@pytest.mark.spark
def test_a_write_that_fails_half_way_leaves_the_days_as_they_were(lake: Lake, spark_session: SparkSession) -> None:
    put(lake, [row(ONE, "a"), row(TWO, "b")], [ONE, TWO])
    rows = spark_session.createDataFrame(arrow(row(ONE, str(number)) for number in range(100)))
    failing = rows.selectExpr("day", "name", "if(name = '99', raise_error('killed'), 1.0) AS score")
    whole = failing.selectExpr("*", "array('x') AS tags", "map('k', 1.0) AS weights", "timestamp '2026-01-01' AS at")
    with pytest.raises(Exception, match="killed"):
        lake.write_days(whole, TABLE, [ONE, TWO])
    assert names(lake) == ["a", "b"]


@pytest.mark.spark
def test_an_optional_field_may_be_added_in_place(lake: Lake, spark_session: SparkSession) -> None:
    put(lake, [row(ONE, "a")], [ONE])
    wider = TABLE.extended(TABLE.name, TABLE.doc, [Field("mood", "string", "")])
    frame = spark_session.createDataFrame([(TWO, "b", None, None, None, None, "good")], wider.spark())
    lake.write_days(frame, wider, [TWO])
    assert sorted(lake.arrow(wider, columns=["name", "mood"]).to_pylist(), key=str) == [
        {"name": "a", "mood": None},
        {"name": "b", "mood": "good"},
    ]
