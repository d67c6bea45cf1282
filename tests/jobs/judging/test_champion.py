"""How much of a day the champion itself chose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from jobs.judging.champion import share_served
from jobs.night import Night
from lake.tables import among
from schemas.tables import BRONZE

REQUESTS = BRONZE["request"]


def test_the_share_is_of_the_days_requests(night: Night) -> None:
    at = datetime(2026, 1, 8, tzinfo=UTC)
    row = {"schema_version": 1, "requested_at": at, "arrival_day": night.day}
    releases = ["a", "a", "a", "b", None]
    rows = [row | {"request_id": str(number), "release_id": release} for number, release in enumerate(releases)]
    rows.append(row | {"request_id": "old", "release_id": "b", "arrival_day": night.day - timedelta(days=1)})
    days = [night.day - timedelta(days=1), night.day]
    night.lake.write_arrow(pa.Table.from_pylist(rows, REQUESTS.arrow()), REQUESTS, among("arrival_day", days))
    assert [share_served(night, release) for release in ("a", "b", "c")] == pytest.approx([0.6, 0.2, 0.0])


def test_without_request_logs_nobody_is_known_to_have_served(night: Night) -> None:
    assert share_served(night, "a") == 0.0
