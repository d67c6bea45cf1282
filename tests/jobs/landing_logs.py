"""Landing logs of a few rows, written by hand: what a test needs to say is in the row, all else has a plain default."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from surfaces.surface import Surface

Row = dict[str, Any]


def tiny_surface(**changes: Any) -> Surface:
    """A click of 30 minutes, dwell summed and capped, a like of a day, arriving at most a day late: 2 days restated."""
    content: dict[str, Any] = {
        "surface": "tiny",
        "description": "a surface for tests",
        "outcomes": {
            "click": {"window": "30m"},
            "dwell": {"kind": "sum", "window": "30m", "cap": 100},
            "like": {"window": "1d"},
        },
        "lateness": "1d",
        "training": {"window_days": 2, "positives": {"click": 1.0}},
        "retrieval": {"popular": {}},
    }
    return Surface.model_validate(content | changes)


def at(day: date, clock: str = "12:00:00") -> str:
    """`2026-01-05T12:00:00Z`."""
    return f"{day}T{clock}Z"


def impression(name: str, shown_at: str, **changes: Any) -> Row:
    row = {
        "schema_version": 1,
        "impression_id": name,
        "request_id": f"r-{name}",
        "user_id": "u",
        "item_id": "i",
        "position": 0,
        "propensity": 0.5,
        "shown_at": shown_at,
    }
    return row | changes


def outcome(name: str, of: str, occurred_at: str, kind: str = "click", **changes: Any) -> Row:
    row = {
        "schema_version": 1,
        "outcome_id": name,
        "impression_id": of,
        "outcome": kind,
        "value": 1.0,
        "occurred_at": occurred_at,
    }
    return row | changes


def land(landing: Path, layer: str, day: date, rows: Iterable[Row | str], name: str = "part-0.jsonl") -> Path:
    """Write `rows` (a str is a line as it stands) as one file of `layer` and `day`; gzip if `name` ends in .gz."""
    path = landing / layer / f"day={day}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if name.endswith(".gz") else text)
    return path
