"""Silver tables written row by row, without Spark, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from jobs.night import Night
from schemas.tables import SILVER_ITEM, labelled

FIRST = date(2026, 1, 1)


def day(number: int) -> date:
    """2026-01-`number`."""
    return FIRST + timedelta(days=number - 1)


def shown(user: str | None, item: str, on: int, at_s: int = 0, **values: Any) -> dict[str, Any]:
    """A row of silver.labelled shown on 2026-01-`on`, known from that day; outcomes are 0 unless `values` say more."""
    event_day = day(on)
    shown_at = datetime.combine(event_day, time(), UTC) + timedelta(seconds=at_s)
    row = {"event_day": event_day, "user_id": user, "item_id": item, "shown_at": shown_at, "arrival_day": event_day}
    return row | {"known_from": event_day, "known_until": None} | values


def write_labelled(night: Night, rows: Sequence[dict[str, Any]]) -> None:
    """Replace silver.labelled by `rows`; a label's `_known` day is the row's `known_from` unless given."""
    outcomes = list(night.surface.outcomes)
    table = labelled(outcomes)
    filled = []
    for number, row in enumerate(rows):
        ids = {"impression_id": f"imp-{number}", "request_id": f"req-{number}"}
        known = {f"{outcome}_known": row["known_from"] for outcome in outcomes}
        filled.append({**dict.fromkeys(outcomes, 0.0), **known, **ids, **row})
    night.lake.write_arrow(pa.Table.from_pylist(filled, table.arrow()), table, "true")


def item(item_id: str, known_from: int = 1, known_until: int | None = None, **values: Any) -> dict[str, Any]:
    """A row of silver.item, known from 2026-01-`known_from` until before 2026-01-`known_until`."""
    updated = datetime.combine(day(known_from), time(), UTC)
    until = None if known_until is None else day(known_until)
    row = {"schema_version": 1, "item_id": item_id, "updated_at": updated, "known_from": day(known_from)}
    return row | {"known_until": until} | values


def write_items(night: Night, rows: Sequence[dict[str, Any]]) -> None:
    """Replace silver.item by `rows`."""
    night.lake.write_arrow(pa.Table.from_pylist(list(rows), SILVER_ITEM.arrow()), SILVER_ITEM, "true")
