"""A lake with an experiment in it, small enough to count by hand: 6 days, of which the first 2 lie before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from features.tables import labelled
from lake.tables import Lake
from schemas.contract import Contract
from schemas.tables import BRONZE
from surfaces.surface import Surface

FIRST, BEGIN, LAST = date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 6)
"""Of the logs, of the experiment, and of both."""
Row = dict[str, Any]


def surface(**changes: Any) -> Surface:
    """Clicks known the same day, likes a day later; a layer `look` of halves, a tenth held back."""
    arms = {"control": {"share": 0.5}, "bold": {"share": 0.5, "value": {"like": 5.0}}}
    content: dict[str, Any] = {
        "surface": "tiny",
        "description": "an experiment",
        "outcomes": {"click": {"window": "30m"}, "like": {"window": "1d"}},
        "training": {"positives": {"click": 1.0}},
        "retrieval": {"popular": {"max_quota": 10}},
        "value": {"click": 1.0, "like": 2.0},
        "experiments": {"holdback": 0.1, "layers": {"look": {"arms": arms}}},
        "lacks": ["history"],
    }
    return Surface.model_validate(content | changes)


def days(first: date = FIRST, last: date = LAST) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def request(user: str | None, day: date, *arms: str, **more: Any) -> Row:
    """One request of `user` at noon."""
    name = more.pop("request_id", f"{user}-{day}")
    asked = {"request_id": name, "user_id": user, "requested_at": datetime.combine(day, time(12), UTC)}
    return asked | {"schema_version": 1, "arms": list(arms), "arrival_day": day, "device": "phone"} | more


def impressions(asked: Row, click: float = 0.0, like: float = 0.0, count: int = 2) -> list[Row]:
    """`count` items shown in answer; what was done with the first."""
    day = asked["requested_at"].date()
    known = {"click_known": day, "like_known": day + timedelta(days=1)}
    return [
        {
            "event_day": day,
            "impression_id": f"{asked['request_id']}:{slot}",
            "request_id": asked["request_id"],
            "user_id": asked["user_id"],
            "item_id": f"i{slot}",
            "shown_at": asked["requested_at"],
            "arrival_day": day,
            "known_from": day,
            "click": click if slot == 0 else 0.0,
            "like": None if day == LAST else (like if slot == 0 else 0.0),
        }
        | known
        for slot in range(count)
    ]


def lake_of(folder: Path, of: Surface, asked: Sequence[Row], answer: Callable[[Row], list[Row]]) -> Lake:
    """The lake that holds `asked`, and for each what `answer` says was shown."""
    lake = Lake(folder)
    _write(lake, asked, BRONZE["request"])
    _write(lake, [row for one in asked for row in answer(one)], labelled(of))
    return lake


def _write(lake: Lake, rows: Sequence[Row], table: Contract) -> None:
    lake.write_arrow(pa.Table.from_pylist(list(rows), table.arrow()), table, "true")
