"""Ingest by hand: landing files filtered by the layers' rules into typed bronze files, the rest into quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from infra.bench.duck_files import write

RULES = {
    "request": "schema_version = 1 AND request_id <> '' AND requested_at < day_end",
    "impression": (
        "schema_version = 1 AND impression_id <> '' AND request_id <> '' AND item_id <> '' "
        "AND coalesce(position >= 0, true) AND coalesce(isfinite(propensity) AND propensity BETWEEN 0 AND 1, true) "
        "AND coalesce(eligible >= 1, true) AND shown_at < day_end"
    ),
    "outcome": (
        "schema_version = 1 AND outcome_id <> '' AND impression_id <> '' "
        "AND outcome IN ('click', 'dwell', 'like', 'follow', 'hide') AND coalesce(isfinite(value), true) "
        "AND (outcome <> 'dwell' OR value IS NOT NULL) AND occurred_at < day_end"
    ),
    "item": (
        "schema_version = 1 AND item_id <> '' AND updated_at < day_end "
        "AND coalesce(isfinite(duration_s) AND duration_s >= 0, true) "
        "AND coalesce(len(list_filter(content, lambda x: NOT isfinite(x))) = 0, true)"
    ),
}
"""What a row of each layer must fulfil; a null is a no."""


def ingest(connection: duckdb.DuckDBPyConnection, landing: Path, out: Path, days: Sequence[date]) -> None:
    """bronze.<layer> and bronze.quarantine of the arrival `days`; the second scan only where a row was refused."""
    for layer, rule in RULES.items():
        for day in days:
            files = f"{landing}/{layer}/day={day}/*.parquet"
            sound = rule.replace("day_end", f"TIMESTAMPTZ '{day} 00:00:00+00' + INTERVAL 1 DAY")
            rows = f"SELECT *, DATE '{day}' AS arrival_day FROM read_parquet('{files}', hive_partitioning = false)"
            written = write(connection, f"{rows} WHERE {sound}", out / "bronze" / layer / f"arrival_day={day}")
            found = connection.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata('{files}')").fetchall()[0][0]
            if written != found:
                broken = f"SELECT '{layer}' AS layer, to_json(one) AS raw FROM ({rows}) one"
                broken += f" WHERE NOT coalesce({sound}, false)"
                write(connection, broken, out / "bronze" / "quarantine" / f"arrival_day={day}", name=layer)
