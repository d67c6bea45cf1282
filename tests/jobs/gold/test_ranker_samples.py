"""The affinity of a sample is to the history that its request froze, by the content of items."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features import tables
from jobs.gold.item_neighbours import item_neighbours
from jobs.gold.ranker_samples import ranker_samples
from jobs.night import Night, days_between
from lake.tables import among
from schemas.tables import BRONZE, SILVER_ITEM
from tests.jobs.tiny_lake import FIRST, write_lake

REQUESTS = BRONZE["request"]
EAST, NORTH = [1.0, 0.0], [0.0, 3.0]


@pytest.fixture
def filled(night: Night) -> Night:
    """Items of odd number point north and those of even number east; every request's history is one eastern item."""
    write_lake(night)
    items = night.lake.arrow(SILVER_ITEM)
    names = sorted(items["item_id"].to_pylist())
    content = {name: NORTH if place % 2 else EAST for place, name in enumerate(names)}
    described = [row | {"content": content[row["item_id"]]} for row in items.to_pylist()]
    night.lake.write_arrow(pa.Table.from_pylist(described, SILVER_ITEM.arrow()), SILVER_ITEM, "true")
    asked: dict[str, date] = {}
    for row in night.lake.arrow(tables.samples(night.surface), columns=["request_id", "event_day"]).to_pylist():
        asked[row["request_id"]] = row["event_day"]
    _land(night, [_request(request, day, [names[0]]) for request, day in asked.items()])
    return night


def _request(request: str, day: date, history: list[str]) -> dict[str, Any]:
    at = np.datetime64(day, "us").item()
    return {"schema_version": 1, "request_id": request, "requested_at": at, "history": history, "arrival_day": day}


def _land(night: Night, rows: list[dict[str, Any]]) -> None:
    days = days_between(FIRST, night.day + timedelta(days=1))
    night.lake.write_arrow(pa.Table.from_pylist(rows, REQUESTS.arrow()), REQUESTS, among("arrival_day", days))


def test_items_like_the_history_are_near_and_others_are_not(filled: Night) -> None:
    rows = ranker_samples(filled, filled.training_days)
    names = sorted(filled.lake.arrow(SILVER_ITEM)["item_id"].to_pylist())
    east = {name for place, name in enumerate(names) if not place % 2}
    found = {row["item_id"]: row["content_affinity"] for row in rows.to_pylist()}
    assert len(found) > 2
    assert found == {item: pytest.approx(1.0 if item in east else 0.0) for item in found}


def test_every_sample_has_the_length_of_its_item(filled: Night) -> None:
    items = filled.lake.arrow(SILVER_ITEM).to_pylist()
    lasts = {row["item_id"]: 10.0 + place if place else None for place, row in enumerate(items)}
    described = [row | {"duration_s": lasts[row["item_id"]]} for row in items]
    filled.lake.write_arrow(pa.Table.from_pylist(described, SILVER_ITEM.arrow()), SILVER_ITEM, "true")
    rows = ranker_samples(filled, filled.training_days).to_pylist()
    assert {row["duration_s"] for row in rows} != {None}
    assert all(row["duration_s"] == lasts.get(row["item_id"]) for row in rows)


def test_items_that_the_same_users_responded_to_are_akin_by_what_was_known_the_day_before(filled: Night) -> None:
    """Every history is the first item: what is akin to it is what those who responded to it responded to too."""
    names = np.array(sorted(filled.lake.arrow(SILVER_ITEM)["item_id"].to_pylist()), dtype=object)
    day = filled.training_days[-1]
    rows = ranker_samples(filled, [day]).to_pylist()
    similar = item_neighbours(filled, day - timedelta(days=1), names).toarray()
    assert similar[0].max() > 0
    assert similar.diagonal().max() == 0
    for row in rows:
        expected = np.sqrt(similar[0, list(names).index(row["item_id"])])
        assert row["neighbour_affinity"] == pytest.approx(expected, rel=1e-6)
    assert len({row["neighbour_affinity"] for row in rows}) > 2


def test_a_request_that_arrives_after_the_night_is_not_looked_at(filled: Night) -> None:
    rows = filled.lake.arrow(REQUESTS).to_pylist()
    late = filled.day + timedelta(days=1)
    _land(filled, [row | {"arrival_day": late} for row in rows])
    assert ranker_samples(filled, [filled.day])["content_affinity"].null_count == 0
    assert np.isnan(ranker_samples(filled, [filled.day])["content_affinity"].to_numpy()).all()


def test_without_request_logs_nothing_is_near_or_far(night: Night) -> None:
    write_lake(night)
    rows = ranker_samples(night, night.training_days)
    assert len(rows)
    for name in ("content_affinity", "neighbour_affinity"):
        assert np.isnan(rows[name].to_numpy()).all()
