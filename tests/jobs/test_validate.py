"""validate: each planted fault is caught by name, and a blocking one stops the night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from features.tables import labelled
from jobs import validate
from jobs.night import Night
from lake import ledger
from lake.tables import Lake
from schemas.contract import Contract
from schemas.errors import GateFailed
from schemas.tables import BRONZE, SILVER_ITEM

DAY = date(2026, 1, 8)
ROWS = 40
SHOWN = datetime(2026, 1, 8, 20, tzinfo=UTC)


def write(lake: Lake, contract: Contract, rows: list[dict[str, Any]]) -> None:
    lake.write_arrow(pa.Table.from_pylist(rows, contract.arrow()), contract, "true")


def impressions(day: date, count: int = ROWS) -> list[dict[str, Any]]:
    shown = datetime(day.year, day.month, day.day, 20, tzinfo=UTC)
    return [
        {
            "schema_version": 1,
            "impression_id": f"{day}-{number}",
            "request_id": f"r{number // 10}",
            "user_id": "u",
            "item_id": f"i{number}",
            "position": number % 10,
            "propensity": 0.5,
            "shown_at": shown,
            "arrival_day": day,
        }
        for number in range(count)
    ]


def labelled_rows(night: Night, day: date, click: float = 0.0) -> list[dict[str, Any]]:
    rows = []
    for row in impressions(day):
        known = {"event_day": day, "known_from": day, "known_until": None}
        labels = {
            key: value
            for outcome in night.surface.outcomes
            for key, value in ((outcome, click), (f"{outcome}_known", day), (f"{outcome}_seen", click))
        }
        rows.append({key: value for key, value in row.items() if key != "schema_version"} | known | labels)
    return rows


@pytest.fixture
def good(night: Night) -> Night:
    """A night whose tables hold eight quiet days of forty impressions each."""
    days = [DAY - timedelta(days=back) for back in range(8)]
    write(night.lake, BRONZE["impression"], [row for day in days for row in impressions(day)])
    write(night.lake, labelled(night.surface), [row for day in days for row in labelled_rows(night, day)])
    items = [
        {"schema_version": 1, "item_id": f"i{number}", "updated_at": SHOWN, "known_from": days[-1]}
        for number in range(ROWS)
    ]
    write(night.lake, SILVER_ITEM, items)
    ledger.record(night.lake, "ingest", [ledger.Entry(DAY, "impression", ROWS, ROWS)])
    return night


def restate(night: Night, contract: Contract, rows: list[dict[str, Any]]) -> None:
    (column,) = contract.partition_by
    night.lake.write_arrow(pa.Table.from_pylist(rows, contract.arrow()), contract, f"{column} = '{DAY}'")


def failure(night: Night) -> str:
    with pytest.raises(GateFailed) as caught:
        validate.run(night)
    return str(caught.value)


def test_a_good_day_passes_and_writes_data_docs(good: Night) -> None:
    report = validate.run(good)
    assert report.figures["failed"] == 0
    assert report.rows > 20
    assert (good.reports / "data_docs" / "index.html").exists()


def test_half_the_usual_volume_stops_the_night_and_says_how_much_was_expected(good: Night) -> None:
    restate(good, BRONZE["impression"], impressions(DAY, 15))
    words = failure(good)
    assert "bronze.impression 2026-01-08" in words
    assert "observed 15" in words
    assert "min_value=20" in words


def test_a_propensity_above_one_is_caught(good: Night) -> None:
    rows = impressions(DAY)
    rows[3]["propensity"] = 1.5
    restate(good, BRONZE["impression"], rows)
    words = failure(good)
    assert "values_to_be_between(propensity): observed 1 violating of 40 such as [1.5]" in words


def test_an_impression_labelled_twice_is_caught(good: Night) -> None:
    rows = labelled_rows(good, DAY)
    restate(good, labelled(good.surface), [*rows, rows[0]])
    assert "silver.labelled 2026-01-08 column_values_to_be_unique(impression_id)" in failure(good)


def test_items_without_a_dimension_are_caught(good: Night) -> None:
    rows = labelled_rows(good, DAY)
    for row in rows[:10]:
        row["item_id"] = "nowhere"
    restate(good, labelled(good.surface), rows)
    assert "column_mean_to_be_between(item_described): observed 0.75, allowed min_value=0.95" in failure(good)


def test_a_day_whose_events_are_all_old_is_caught(good: Night) -> None:
    rows = impressions(DAY)
    for row in rows:
        row["shown_at"] = SHOWN - timedelta(days=1)
    restate(good, BRONZE["impression"], rows)
    assert "column_max_to_be_between(shown_at)" in failure(good)


def test_too_much_quarantine_is_caught(good: Night) -> None:
    ledger.record(good.lake, "ingest", [ledger.Entry(DAY, "impression", 50, ROWS, {"malformed": 10})])
    assert "ops.ledger 2026-01-08 column_values_to_be_between(quarantined_share)" in failure(good)


def test_a_few_repeated_deliveries_are_usual_and_many_only_warn(good: Night) -> None:
    rows = impressions(DAY)
    restate(good, BRONZE["impression"], [*rows, rows[0]])
    assert validate.run(good).figures["warned"] == 0
    restate(good, BRONZE["impression"], [*rows, *rows[:10]])
    report = validate.run(good)
    assert "column_values_to_be_unique(impression_id): observed 20 violating of 50" in report.warnings[0]


def test_a_stale_last_hour_only_warns(good: Night) -> None:
    rows = impressions(DAY)
    for row in rows:
        row["shown_at"] = SHOWN - timedelta(hours=8)
    restate(good, BRONZE["impression"], rows)
    report = validate.run(good)
    assert report.figures["warned"] == 1
    assert "shown_at" in report.warnings[0]


def test_labels_not_yet_known_at_the_night_are_not_judged(good: Night) -> None:
    rows = labelled_rows(good, DAY, click=7.0)
    for row in rows:
        for outcome in good.surface.outcomes:
            row[f"{outcome}_known"] = DAY + timedelta(days=1)
    restate(good, labelled(good.surface), rows)
    assert validate.run(good).figures["failed"] == 0
