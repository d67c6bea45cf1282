"""How logs really arrive: some outcomes a day or two late, some twice, some rows broken."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worlds.shorts.config import SLATE
from worlds.shorts.logs import impression_ids, request_ids, times
from worlds.shorts.simulate import Day

LATE_BY_ONE, LATE_BY_TWO = 0.012, 0.004
"""Share of outcomes delivered one and two days after they happened."""
TWICE = 0.01
"""Share of outcomes delivered twice; a quarter of these again on the next day."""
SHOWN_TWICE, SHOWN_TWICE_LATER = 20, 5
"""Impressions delivered again on the same day, and on the next."""
ORPHANS = 3
_DAY_S = 86400.0


def outcomes(day: Day) -> tuple[pa.Table, np.ndarray[Any, np.dtype[np.int64]]]:
    """The day's outcomes in order of time, and for each the number of days after `day` on which it occurred."""
    tables, seconds = [], []
    for events in day.events:
        ids = impression_ids(day, events.impression)
        suffix = events.name if events.part == 0 else f"{events.name}{events.part}"
        tables.append(
            pa.table(
                {
                    "outcome_id": pc.binary_join_element_wise(ids, suffix, "-"),
                    "impression_id": ids,
                    "request_id": request_ids(day, events.impression // SLATE),
                    "outcome": pa.array([events.name] * len(ids), pa.string()),
                    "value": pa.array(events.value),
                    "occurred_at": times(day.date, events.at),
                }
            )
        )
        seconds.append(events.at)
    at = np.concatenate(seconds)
    order = np.argsort(at, kind="stable")
    return pa.concat_tables(tables).take(pa.array(order)), (at[order] // _DAY_S).astype(np.int64)


def deliver(day: Day, rng: np.random.Generator) -> dict[tuple[date, str], pa.Table]:
    """The day's outcomes by (arrival day, file name)."""
    rows, occurred = outcomes(day)
    draw = rng.random(len(rows))
    delay = np.where(draw < LATE_BY_TWO, 2, np.where(draw < LATE_BY_TWO + LATE_BY_ONE, 1, 0))
    again = np.flatnonzero(rng.random(len(rows)) < TWICE)
    index = np.concatenate([np.arange(len(rows)), again])
    second = np.where(rng.random(len(again)) < 0.25, 1, 0)
    arrival = np.concatenate([occurred + delay, (occurred + delay)[again] + second])
    late = np.concatenate([delay > 0, second > 0]) | (arrival > 0)
    found: dict[tuple[date, str], pa.Table] = {}
    for after in np.unique(arrival).tolist():
        for is_late in (False, True):
            chosen = index[(arrival == after) & (late == is_late)]
            if len(chosen):
                name = f"late-{day.date}.jsonl.gz" if is_late else "part-0000.jsonl.gz"
                found[(day.date + timedelta(days=after), name)] = rows.take(pa.array(chosen))
    return found


def shown_twice(impressions: pa.Table, rng: np.random.Generator) -> tuple[pa.Table, pa.Table]:
    """Impressions delivered a second time: on the same day, and on the next."""
    some = rng.choice(len(impressions), min(SHOWN_TWICE + SHOWN_TWICE_LATER, len(impressions)), replace=False)
    return impressions.take(pa.array(some[:SHOWN_TWICE])), impressions.take(pa.array(some[SHOWN_TWICE:]))


def orphans(day: date) -> list[dict[str, Any]]:
    """Outcomes of impressions that were never logged."""
    return [
        {
            "schema_version": 1,
            "outcome_id": f"r{day:%Y%m%d}-lost-{number}-click",
            "impression_id": f"r{day:%Y%m%d}-lost-{number}",
            "outcome": "click",
            "value": 1.0,
            "occurred_at": f"{day}T12:00:0{number}.000000Z",
        }
        for number in range(ORPHANS)
    ]


def broken(layer: str, row: dict[str, Any]) -> list[str]:
    """Lines no reader should accept, made from a good row: cut off, not JSON, a field missing, a wrong type."""
    line = json.dumps(row)
    key = next(name for name in row if name.endswith("_id"))
    wrong = {"impression": {"position": "third"}, "outcome": {"value": "yes"}, "request": {"requested_at": "noon"}}
    missing = {name: value for name, value in row.items() if name != key}
    return [line[: len(line) // 2], "## log rotated ##", json.dumps(missing), json.dumps({**row, **wrong[layer]})]
