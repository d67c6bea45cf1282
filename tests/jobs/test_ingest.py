"""Ingest of two dirty days: every row is in bronze or in quarantine with its reason, its line and its text."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import ingest
from jobs.night import Night, StepReport
from lake import ledger
from lake.home import Home
from lake.ledger import Entry
from schemas.errors import InfrastructureError, UserError
from schemas.logs import IMPRESSION
from schemas.tables import BRONZE, QUARANTINE
from tests.jobs.landing_logs import at, impression, land, outcome, tiny_surface

pytestmark = pytest.mark.spark

BEFORE, DAY, NEXT = date(2026, 1, 4), date(2026, 1, 5), date(2026, 1, 6)
TORN = '{"schema_version": 1, "impression_id": "t1"}{"schema_version": 1, "impression_id": "t2"}'


def bad_impressions() -> dict[str, Any]:
    """A row or line by what it is set aside for, each to be found on its own line."""
    good = impression("x", at(DAY))
    return {
        "malformed": "{not json",
        "malformed: torn": TORN,
        "malformed: list": "[1, 2]",
        "malformed: bytes": '{"item_id": "\udcff"}',
        "unknown_schema_version": good | {"schema_version": 9, "position": "first"},
        "wrong_type": good | {"position": "first"},
        "wrong_type: fraction": good | {"position": 1.5},
        "wrong_type: time": good | {"shown_at": "yesterday"},
        "wrong_type: not a number": good | {"propensity": "NaN"},
        "missing_field": {name: value for name, value in good.items() if name != "item_id"},
        "missing_field: empty": good | {"impression_id": ""},
        "missing_field: version": {name: value for name, value in good.items() if name != "schema_version"},
        "out_of_range": good | {"propensity": 1.25},
        "out_of_range: below": good | {"position": -1},
        "future_event": good | {"shown_at": at(NEXT, "00:00:00")},
    }


@pytest.fixture(scope="module")
def night(shared_home: Home) -> Night:
    night = Night(tiny_surface(), DAY, shared_home)
    landing = night.landing
    lines = [line for bad in bad_impressions().values() for line in (bad, "")]
    path = land(landing, "impression", DAY, [], "dirty.jsonl")
    texts = [line if isinstance(line, str) else json.dumps(line) for line in [impression("a", at(DAY)), *lines]]
    path.write_bytes("".join(f"{text}\n" for text in texts).encode(errors="surrogateescape"))
    fine = [impression(f"g{n}", at(DAY, "23:59:59.999999"), further="ignored", source='}{ \\" }{') for n in range(3)]
    land(landing, "impression", DAY, fine, "fine [1].jsonl.gz")
    truncated = land(landing, "impression", DAY, [impression(f"t{n}", at(DAY)) for n in range(500)], "t.jsonl.gz")
    truncated.write_bytes(truncated.read_bytes()[:-20])
    write_parquet(night)
    outcomes = [outcome("o1", "a", at(DAY)), outcome("o2", "a", at(DAY), "lik"), outcome("o3", "a", at(DAY), "dwell")]
    land(landing, "outcome", DAY, [*outcomes, outcome("o4", "a", at(DAY), "dwell", value=None)])
    land(landing, "item", DAY, [])
    land(landing, "impression", BEFORE, [impression("b", at(BEFORE)), "{not json"])
    return night


def write_parquet(night: Night) -> None:
    """Two rows in the types that pandas writes; the second's position fits no int32."""
    columns = {
        "schema_version": pa.array([1, 1], pa.int64()),
        "impression_id": ["p1", "p2"],
        "request_id": ["r", "r"],
        "item_id": pa.array([7, 8], pa.int64()),
        "position": pa.array([0, 2**40], pa.int64()),
        "shown_at": pa.array([datetime(2026, 1, 5, 3, 0, 0, 123456, tzinfo=UTC)] * 2, pa.timestamp("ns", "UTC")),
        "source": pa.nulls(2),
    }
    folder = night.landing / "impression" / f"day={DAY}"
    pq.write_table(pa.table(columns), folder / "a.parquet")
    (folder / "b.parquet").write_bytes(b"no parquet")


@pytest.fixture(scope="module")
def report(night: Night) -> StepReport:
    return ingest.run(night)


@pytest.fixture(scope="module")
def quarantine(night: Night, report: StepReport) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = night.lake.arrow(QUARANTINE, [DAY]).to_pylist()
    return rows


def bronze(night: Night, layer: str, day: date = DAY) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = night.lake.arrow(BRONZE[layer], [day]).to_pylist()
    return rows


def test_sound_rows_are_in_bronze_typed(night: Night, report: StepReport) -> None:
    rows = {row["impression_id"]: row for row in bronze(night, "impression")}
    assert sorted(rows) == ["a", "g0", "g1", "g2", "p1"]
    assert rows["g0"]["shown_at"] == datetime(2026, 1, 5, 23, 59, 59, 999999, tzinfo=UTC)
    assert rows["g0"]["source"] == '}{ \\" }{'
    assert rows["p1"]["shown_at"] == datetime(2026, 1, 5, 3, 0, 0, 123456, tzinfo=UTC)
    assert (rows["p1"]["item_id"], rows["p1"]["position"], rows["p1"]["source"]) == ("7", 0, None)
    assert {row["arrival_day"] for row in rows.values()} == {DAY}
    assert sorted(row["outcome_id"] for row in bronze(night, "outcome")) == ["o1", "o3"]


def test_each_bad_row_has_its_reason_line_and_text(quarantine: list[dict[str, Any]]) -> None:
    found = {row["line"]: row for row in quarantine if row["file"].endswith("dirty.jsonl")}
    expected = bad_impressions()
    assert sorted(found) == [2 + 2 * place for place in range(len(expected))]
    for place, (name, bad) in enumerate(expected.items()):
        row = found[2 + 2 * place]
        assert row["reason"] == name.split(":")[0], row
        assert row["file"] == f"impression/day={DAY}/dirty.jsonl"
        if isinstance(bad, str) and "bytes" not in name:
            assert row["raw"] == bad


@pytest.mark.parametrize(
    ("reason", "detail"),
    [
        ("wrong_type", "position: found first; allowed is int32"),
        ("wrong_type", "shown_at: found yesterday; allowed is timestamp"),
        ("wrong_type", "position: found 1099511627776; allowed is int32"),
        ("out_of_range", "propensity: found 1.25; allowed is 1 or less"),
        ("out_of_range", "position: found -1; allowed is 0 or more"),
        ("missing_field", "item_id: found null; it is required"),
        ("missing_field", "schema_version: found null; it is required"),
        ("missing_field", "value: found null; dwell need an amount"),
        ("unknown_schema_version", "schema_version: found 9; allowed is 1"),
        ("unknown_outcome", "outcome: found lik; allowed are click, dwell, like"),
        ("future_event", "shown_at: found 2026-01-06 00:00:00; its arrival day ended at 2026-01-06 00:00:00"),
    ],
)
def test_the_detail_names_the_field_and_what_was_found(
    quarantine: list[dict[str, Any]], reason: str, detail: str
) -> None:
    assert (reason, detail) in {(row["reason"], row["detail"]) for row in quarantine}


def test_a_bad_parquet_row_is_told_by_its_row_number_and_as_json(quarantine: list[dict[str, Any]]) -> None:
    (row,) = [row for row in quarantine if row["file"].endswith("a.parquet")]
    assert (row["line"], row["reason"]) == (2, "wrong_type")
    assert '"impression_id":"p2"' in row["raw"]


def test_files_that_cannot_be_read_are_set_aside_whole(quarantine: list[dict[str, Any]], report: StepReport) -> None:
    whole = {row["file"].rpartition("/")[2]: row["reason"] for row in quarantine if row["line"] is None}
    assert whole == {"t.jsonl.gz": "truncated_file", "b.parquet": "unreadable_file"}
    assert any("t.jsonl.gz: set aside whole" in warning for warning in report.warnings)


def test_the_ledger_adds_up_and_counts_a_file_as_one(night: Night, report: StepReport) -> None:
    entries = {entry.input: entry for entry in ledger.read(night.lake, DAY)["ingest"]}
    reasons = {"unknown_schema_version": 1, "future_event": 1, "truncated_file": 1, "unreadable_file": 1}
    reasons |= {"malformed": 4, "wrong_type": 5, "missing_field": 3, "out_of_range": 2}
    assert entries["impression"] == Entry(DAY, "impression", 23, 5, reasons)
    assert entries["outcome"] == Entry(DAY, "outcome", 4, 2, {"unknown_outcome": 1, "missing_field": 1})
    assert {str(entry) for entry in report.ledger} == {str(entry) for entry in entries.values()}


def test_an_empty_layer_is_a_warning_that_names_its_folder_unless_no_day_ever_brought_it(
    night: Night, report: StepReport
) -> None:
    told = [warning for warning in report.warnings if "no rows landed" in warning]
    assert {warning.split(":")[0] for warning in told} == {"item"}
    assert str(night.landing / "item" / f"day={DAY}") in " ".join(told)


def test_an_earlier_day_that_was_never_ingested_is_caught_up(night: Night, report: StepReport) -> None:
    assert report.figures["days"] == [str(BEFORE), str(DAY)]
    assert [row["impression_id"] for row in bronze(night, "impression", BEFORE)] == ["b"]
    entries = {entry.input: entry for entry in ledger.read(night.lake, BEFORE)["ingest"]}
    assert entries["impression"] == Entry(BEFORE, "impression", 2, 1, {"malformed": 1})
    assert ingest.days_to_ingest(night) == [DAY]


def test_again_leaves_the_same_tables_and_mending_the_files_clears_the_quarantine(
    night: Night, report: StepReport
) -> None:
    tables = (BRONZE["impression"], BRONZE["outcome"], QUARANTINE)
    before = [night.lake.fingerprint(table) for table in tables]
    ingest.run(night)
    assert [night.lake.fingerprint(table) for table in tables] == before
    for path in (night.landing / "impression" / f"day={DAY}").iterdir():
        path.unlink()
    land(night.landing, "impression", DAY, [impression("only", at(DAY))])
    land(night.landing, "outcome", DAY, [])
    (night.landing / "outcome" / f"day={DAY}" / "part-0.jsonl").unlink()
    ingest.run(night)
    assert [row["impression_id"] for row in bronze(night, "impression")] == ["only"]
    assert bronze(night, "outcome") == []
    assert [row["arrival_day"] for row in night.lake.arrow(QUARANTINE).to_pylist()] == [BEFORE]


def test_a_row_that_gets_lost_fails_the_step_with_its_count(night: Night, report: StepReport) -> None:
    landed = ingest.Landed(IMPRESSION, rows_in={BEFORE: 3})
    (entry,) = ingest.account(night, [landed], [BEFORE])
    assert entry.missing == 1
    with pytest.raises(InfrastructureError, match=r"ingest does not add up.*\+1 unaccounted for"):
        ledger.record(night.lake, "ingest", [entry])


def test_a_day_without_logs_is_the_users_mistake(night: Night) -> None:
    with pytest.raises(UserError, match="no logs of 2026-01-09"):
        ingest.run(Night(night.surface, date(2026, 1, 9), night.home))
