"""Whether Feedmill and the hand-written SQL made the same tables, row by row and column by column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as ds
from deltalake import DeltaTable

from features import tables
from infra.bench.generate import LAYERS
from jobs.night import Night
from lake.tables import content_hash, dataset_of
from schemas.contract import Contract
from schemas.errors import GateFailed
from schemas.tables import BRONZE, QUARANTINE, SEQUENCE, SILVER_ITEM

TOLERANCE = 1e-6
"""How far two numbers may differ, relative to the larger of 1 and the number: sums have no fixed order."""


def require_equal(night: Night, by_hand: Path) -> dict[str, int]:
    """Rows of each table that both sides made. Raises GateFailed naming every table that differs, and where."""
    rows, wrong = {}, []
    compared = [*((table, _hashed) for table in _copies()), *((table, _keyed) for table in _computed(night))]
    for table, way in compared:
        with duckdb.connect() as connection:
            connection.execute(f"SET TimeZone = 'UTC'; SET temp_directory = '{by_hand}/spill'")
            rows[table.name], differences = way(connection, night, table, by_hand)
        wrong += differences
    if wrong:
        raise GateFailed(
            "Feedmill and DuckDB by hand disagree:\n  " + "\n  ".join(wrong), fix="find the side that is wrong"
        )
    return rows


def _copies() -> list[Contract]:
    return [*(BRONZE[layer] for layer in LAYERS), QUARANTINE]


def _computed(night: Night) -> list[Contract]:
    surface = night.surface
    gold = [*tables.entity_tables(surface).values(), SEQUENCE, tables.samples(surface)]
    return [tables.labelled(surface), SILVER_ITEM, tables.daily_counts(surface), *gold]


def _hashed(
    connection: duckdb.DuckDBPyConnection, night: Night, table: Contract, folder: Path
) -> tuple[int, list[str]]:
    """Rows, and a line if content differs. Bronze may hold a row twice, so it has no key: its rows are hashed.

    A column that the logs do not have is absent by hand, and must be null here.
    """
    theirs = ds.dataset(folder.joinpath(*table.name.split(".")), format="parquet")
    names = ["layer"] if table is QUARANTINE else [name for name in table.names if name in theirs.schema.names]
    absent = [] if table is QUARANTINE else [name for name in table.names if name not in names]
    filled = [name for name in absent if _has_values(_delta(night, table), name)]
    found = [
        content_hash(cursor, one.scanner(columns=names).to_reader())
        for one, cursor in ((_delta(night, table), connection.cursor()), (theirs, connection.cursor()))
    ]
    (rows, digest), (other_rows, other) = found
    differs = f"{table.name}: {rows:,} rows ({digest}), by hand {other_rows:,} ({other})"
    alone = [f"{table.name}.{name}: by hand there is no such column, here it has values" for name in filled]
    return rows, alone + ([differs] if found[0] != found[1] else [])


def _has_values(rows: ds.Dataset, column: str) -> bool:
    return any(batch.num_rows > batch.column(0).null_count for batch in rows.scanner(columns=[column]).to_batches())


def _keyed(connection: duckdb.DuckDBPyConnection, night: Night, table: Contract, folder: Path) -> tuple[int, list[str]]:
    """Rows, and a line for each column that differs somewhere (or for rows that only one side has)."""
    path = folder.joinpath(*table.name.split("."))
    connection.register("mine", _delta(night, table))
    theirs = f"read_parquet('{path}/**/*.parquet', hive_partitioning = {'true' if table.partition_by else 'false'})"
    values = [name for name in table.names if name not in table.key]
    differing = ", ".join(f'count(*) FILTER ({_differs(table, name)}) AS "{name}"' for name in values)
    joined = " AND ".join(f"mine.{name} = theirs.{name}" for name in table.key)
    one_sided = f"(mine.{table.key[0]} IS NULL) OR (theirs.{table.key[0]} IS NULL)"
    answer: Any = connection.execute(
        f"SELECT count(mine.{table.key[0]}), count(*) FILTER ({one_sided}), {differing} "
        f"FROM mine FULL JOIN {theirs} AS theirs ON {joined}"
    ).fetchall()[0]
    rows, alone, *counts = answer
    lines = [f"{table.name}: {alone:,} rows that only one side has"] if alone else []
    lines += [
        f"{table.name}.{name}: {count:,} of {rows:,} rows differ"
        for name, count in zip(values, counts, strict=True)
        if count > alone
    ]
    return int(rows), lines


def _differs(table: Contract, name: str) -> str:
    mine, theirs = f'mine."{name}"', f'theirs."{name}"'
    if not table.field(name).dtype.startswith("float"):
        return f"{mine} IS DISTINCT FROM {theirs}"
    apart = f"abs({mine} - {theirs}) > {TOLERANCE} * greatest(1, abs({mine}))"
    return f"({mine} IS NULL) <> ({theirs} IS NULL) OR coalesce({apart}, false)"


def _delta(night: Night, table: Contract) -> ds.Dataset:
    path = night.lake.path(table)
    return dataset_of(DeltaTable(str(path)), path)
