"""Popularity of a country is that of its own positive responses, as known at the night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from features.tables import samples
from jobs.releasing.popular_in import SCHEMA, popular_in
from lake.home import Home
from tests.jobs.tiny_lake import LAST, tiny_night


def response(n: int, country: str | None, item: str, click: float = 1.0, known: date = LAST) -> dict[str, Any]:
    return {
        "event_day": LAST,
        "impression_id": f"i{n}",
        "request_id": f"r{n}",
        "item_id": item,
        "shown_at": datetime(2026, 1, 8, 12, tzinfo=UTC),
        "arrival_day": LAST,
        "known_from": LAST,
        "country": country,
        "click": click,
        "click_known": known,
        "click_seen": click,
    }


def test_each_country_has_its_own_items_with_the_most_responses_first(home: Home) -> None:
    night = tiny_night(home)
    table = samples(night.surface)
    assert popular_in(night, night.training_days).equals(SCHEMA.empty_table())
    told = [("DE", "b"), ("DE", "a"), ("DE", "b"), ("US", "c"), ("DE", "c"), (None, "d")]
    rows = [response(n, country, item) for n, (country, item) in enumerate(told)]
    rows += [response(7, "US", "e", click=0.0), response(8, "US", "f", known=LAST + timedelta(days=1))]
    night.lake.write_arrow(pa.Table.from_pylist(rows, table.arrow()), table, "true")
    found = popular_in(night, [LAST])
    assert found.schema == SCHEMA
    assert found.to_pylist() == [{"country": "DE", "items": ["b", "a", "c"]}, {"country": "US", "items": ["c"]}]
