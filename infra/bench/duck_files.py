"""How the hand-written side writes parquet."""

from __future__ import annotations

from pathlib import Path

import duckdb


def write(connection: duckdb.DuckDBPyConnection, rows: str, folder: Path, by: str = "", name: str = "part") -> int:
    """Write the query `rows` into `folder`: one file `name`, or one folder for each value of column `by`.

    Returns how many rows were written.
    """
    (folder.parent if by else folder).mkdir(parents=True, exist_ok=True)
    target = (
        f"'{folder}' (FORMAT parquet, PARTITION_BY ({by}))" if by else f"'{folder}/{name}.parquet' (FORMAT parquet)"
    )
    return int(connection.execute(f"COPY ({rows}) TO {target}").fetchall()[0][0])
