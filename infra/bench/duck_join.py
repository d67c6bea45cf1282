"""The join by hand: versioned labelled rows and the item dimension, in SQL that touches no more rows than it must."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from infra.bench.duck_files import write
from surfaces.surface import Surface

_VIEWS = """
CREATE TEMP VIEW impression AS SELECT *, shown_at::DATE AS event_day
FROM read_parquet('{bronze}/impression/*/*.parquet', hive_partitioning = false)
WHERE arrival_day <= shown_at::DATE + {reach};

CREATE TEMP TABLE repeated AS SELECT impression_id FROM impression GROUP BY 1 HAVING count(*) > 1;

CREATE TEMP VIEW shown AS SELECT * FROM impression ANTI JOIN repeated USING (impression_id)
UNION ALL SELECT * FROM impression SEMI JOIN repeated USING (impression_id)
QUALIFY row_number() OVER (PARTITION BY impression_id ORDER BY arrival_day, shown_at, request_id, user_id, item_id,
    position, propensity, source, explored) = 1;

CREATE TEMP VIEW outcome AS SELECT * FROM read_parquet('{bronze}/outcome/*/*.parquet', hive_partitioning = false)
QUALIFY row_number() OVER (PARTITION BY impression_id, outcome_id
    ORDER BY arrival_day, occurred_at, outcome, value) = 1;
"""

_VERSIONS = """
CREATE TEMP TABLE version AS
WITH counted AS (
    SELECT s.impression_id, s.arrival_day AS shown_arrived, greatest(o.arrival_day, s.arrival_day) AS known_from,
        outcome, value
    FROM outcome o JOIN shown s USING (impression_id)
    WHERE o.arrival_day - event_day <= {reach} AND occurred_at >= shown_at AND occurred_at <= shown_at + {window}
), daily AS (
    SELECT impression_id, known_from, {daily} FROM counted GROUP BY ALL
    UNION ALL BY NAME SELECT impression_id, shown_arrived AS known_from, {zeros} FROM counted
    GROUP BY ALL HAVING min(counted.known_from) > shown_arrived
)
SELECT impression_id, known_from, lead(known_from) OVER by_day AS known_until, {so_far}
FROM daily WINDOW by_day AS (PARTITION BY impression_id ORDER BY known_from)
"""

_LABELLED = """
SELECT event_day, impression_id, request_id, user_id, item_id, position, propensity, source, explored, shown_at,
    arrival_day, coalesce(version.known_from, arrival_day) AS known_from, known_until, {labels}
FROM shown LEFT JOIN version USING (impression_id)
"""

_ITEM = """
WITH last AS (
    SELECT *, struct_pack({content}) AS state
    FROM read_parquet('{bronze}/item/*/*.parquet', hive_partitioning = false)
    QUALIFY row_number() OVER (PARTITION BY item_id, arrival_day ORDER BY updated_at DESC, {descending}) = 1
), changed AS (
    SELECT * EXCLUDE (state) FROM last
    QUALIFY lag(state) OVER (PARTITION BY item_id ORDER BY arrival_day) IS DISTINCT FROM state
)
SELECT * EXCLUDE (arrival_day), arrival_day AS known_from,
    lead(arrival_day) OVER (PARTITION BY item_id ORDER BY arrival_day) AS known_until
FROM changed
"""

_CONTENT = ("creator_id", "topic", "tags", "language", "duration_s", "content", "title", "created_at")


def join(connection: duckdb.DuckDBPyConnection, surface: Surface, out: Path, days: Sequence[date]) -> None:
    """silver.labelled and silver.item below `out` from bronze there, knowing of arrivals up to the last of `days`."""
    bronze, reach = out / "bronze", surface.restate_days
    connection.execute(_VIEWS.format(bronze=bronze, reach=reach))
    connection.execute(
        _VERSIONS.format(
            reach=reach,
            window=_window(surface),
            daily=", ".join(f'{_of_day(surface, name)} AS "{name}"' for name in surface.outcomes),
            zeros=", ".join(f'0.0 AS "{name}"' for name in surface.outcomes),
            so_far=", ".join(_so_far(surface, name) for name in surface.outcomes),
        )
    )
    labels = ", ".join(_label(surface, name, days[-1]) for name in surface.outcomes)
    write(connection, _LABELLED.format(labels=labels), out / "silver" / "labelled", by="event_day")
    pack = ", ".join(f"{name} := {name}" for name in _CONTENT)
    item = _ITEM.format(bronze=bronze, content=pack, descending=", ".join(f"{name} DESC" for name in _CONTENT))
    write(connection, item, out / "silver" / "item")


def _window(surface: Surface) -> str:
    cases = (f"WHEN '{name}' THEN {_interval(surface, name)}" for name in surface.outcomes)
    return f"CASE outcome {' '.join(cases)} END"


def _interval(surface: Surface, name: str) -> str:
    return f"INTERVAL '{int(surface.outcomes[name].window.total_seconds())} seconds'"


def _of_day(surface: Surface, name: str) -> str:
    if surface.outcomes[name].kind == "sum":
        return f"coalesce(sum(value) FILTER (outcome = '{name}'), 0.0)"
    return f"coalesce(max(least(greatest(coalesce(value, 1.0), 0.0), 1.0)) FILTER (outcome = '{name}'), 0.0)"


def _so_far(surface: Surface, name: str) -> str:
    outcome = surface.outcomes[name]
    if outcome.kind == "binary":
        return f'max("{name}") OVER by_day AS {name}_seen'
    total = f'sum("{name}") OVER by_day'
    return f"{total if outcome.cap is None else f'least({total}, {outcome.cap})'} AS {name}_seen"


def _label(surface: Surface, name: str, horizon: date) -> str:
    known = f"greatest((shown_at + {_interval(surface, name)})::DATE, coalesce(version.known_from, arrival_day))"
    seen = f"coalesce({name}_seen, 0.0)"
    labelled = f"CASE WHEN {known} <= DATE '{horizon}' THEN {seen} END"
    return f'{labelled} AS "{name}", {known} AS {name}_known, {seen} AS {name}_seen'
