"""A second version of a layer beside the first: both become the current contract, in JSON and in Parquet."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import ingest
from jobs.night import Night
from lake.home import Home
from schemas import versions
from schemas.contract import Contract, Field
from schemas.logs import OUTCOME
from schemas.tables import BRONZE, QUARANTINE
from tests.jobs.landing_logs import at, impression, land, outcome, tiny_surface

pytestmark = pytest.mark.spark

DAY = date(2026, 1, 5)
SECOND = versions.Version(
    contract=Contract(
        name="outcome",
        version=2,
        doc="Made up: the amount is in thousandths and the outcome is called kind.",
        fields=(
            Field("schema_version", "int32", "", required=True),
            Field("outcome_id", "string", "", required=True),
            Field("impression_id", "string", "", required=True),
            Field("kind", "string", "", required=True),
            Field("thousandths", "int64", "", minimum=0),
            Field("occurred_at", "timestamp", "", required=True),
        ),
    ),
    upgrade={"outcome": lambda row: row["kind"], "value": lambda row: row["thousandths"] / 1000},
)


def second(name: str, **changes: Any) -> dict[str, Any]:
    row = {"schema_version": 2, "outcome_id": name, "impression_id": "a", "kind": "dwell"}
    return row | {"thousandths": 2500, "occurred_at": at(DAY)} | changes


@pytest.fixture(scope="module")
def night(shared_home: Home) -> Night:
    night = Night(tiny_surface(), DAY, shared_home)
    land(night.landing, "impression", DAY, [impression("a", at(DAY))])
    mixed = [
        outcome("first", "a", at(DAY)),
        second("second"),
        second("negative", thousandths=-1),
        second("unnamed", kind=None),
        second("unknown", kind="lik"),
        second("third", schema_version=3),
    ]
    land(night.landing, "outcome", DAY, mixed)
    columns = {
        "schema_version": pa.array([2], pa.int32()),
        "outcome_id": ["columns"],
        "impression_id": ["a"],
        "kind": ["click"],
        "thousandths": [1000],
        "occurred_at": pa.array([datetime(2026, 1, 5, 12, tzinfo=UTC)], pa.timestamp("us", "UTC")),
    }
    pq.write_table(pa.table(columns), night.landing / "outcome" / f"day={DAY}" / "second.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(versions.BESIDE, OUTCOME.name, (SECOND,))
        ingest.run(night)
    return night


def test_rows_of_both_versions_are_the_current_contract(night: Night) -> None:
    rows = {row["outcome_id"]: row for row in night.lake.arrow(BRONZE["outcome"], [DAY]).to_pylist()}
    assert {name: (row["schema_version"], row["outcome"], row["value"]) for name, row in rows.items()} == {
        "first": (1, "click", 1.0),
        "second": (2, "dwell", 2.5),
        "columns": (2, "click", 1.0),
    }
    assert rows["second"]["request_id"] is None


def test_rows_are_held_to_the_contract_of_their_own_version(night: Night) -> None:
    rows = night.lake.arrow(QUARANTINE, [DAY]).to_pylist()
    assert {row["line"]: (row["reason"], row["detail"]) for row in rows} == {
        3: ("out_of_range", "thousandths: found -1; allowed is 0 or more"),
        4: ("missing_field", "kind: found null; it is required"),
        5: ("unknown_outcome", "outcome: found lik; allowed are click, dwell, like"),
        6: ("unknown_schema_version", "schema_version: found 3; allowed is 1 or 2"),
    }
