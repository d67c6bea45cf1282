"""The logs of one system as landing holds them, for SQL: what was shown and what happened, each event once."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from schemas.errors import UserError
from schemas.logs import layer

SHOWN = ("impression_id", "request_id", "user_id", "item_id", "position", "shown_at")
HAPPENED = ("outcome_id", "impression_id", "outcome", "value", "occurred_at")
_SQL = {"string": "VARCHAR", "int32": "INTEGER", "float64": "DOUBLE", "timestamp": "TIMESTAMPTZ"}


class Logs:
    """DuckDB over `landing/<surface>` with two tables: `shown` (a row an impression) and `happened` (an outcome).

    Repeated events count once and lines that are no JSON are passed over, as a night would. Raises UserError if
    nothing was shown.
    """

    def __init__(self, landing: Path) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        self._table("shown", landing, "impression", SHOWN, "shown_at")
        self._table("happened", landing, "outcome", HAPPENED, "occurred_at")
        if not self.one("SELECT count(*) FROM shown"):
            raise UserError(f"{landing} holds no impressions", fix="land logs there, or simulate them: feedmill world")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def columns(self, sql: str) -> dict[str, Any]:
        """The answer to `sql` as numpy arrays by column."""
        return dict(self._connection.execute(sql).fetchnumpy())

    def one(self, sql: str) -> Any:
        """The single value that `sql` answers with; None for null."""
        row = self._connection.execute(sql).fetchone()
        return None if row is None else row[0]

    def _table(self, name: str, landing: Path, of: str, columns: tuple[str, ...], time: str) -> None:
        contract = layer(of)
        typed = {column: _SQL[contract.field(column).dtype] for column in columns}
        parts = [part for part in (_parquet(landing / of, typed), _json(landing / of, typed)) if part]
        empty = ", ".join(f"NULL::{kind} AS {column}" for column, kind in typed.items())
        rows = " UNION ALL BY NAME ".join([f"SELECT {empty} WHERE false", *parts])
        key = contract.key[0]
        once = f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {time}, {columns[2]}) = 1"
        self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM ({rows}) WHERE {key} IS NOT NULL {once}")


def _parquet(folder: Path, typed: dict[str, str]) -> str | None:
    files = [str(path) for path in sorted(folder.glob("day=*/*.parquet"))]
    if not files:
        return None
    with duckdb.connect() as connection:
        names = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({files}, union_by_name=true)").fetchall()
    known = {name for name, *_ in names}
    wanted = ", ".join(f"{name}::{kind} AS {name}" for name, kind in typed.items() if name in known)
    return f"SELECT {wanted} FROM read_parquet({files}, union_by_name=true)"


def _json(folder: Path, typed: dict[str, str]) -> str | None:
    files = [str(path) for pattern in ("*.jsonl", "*.jsonl.gz") for path in sorted(folder.glob(f"day=*/{pattern}"))]
    if not files:
        return None
    return f"SELECT * FROM read_json({files}, columns={typed}, format='newline_delimited', ignore_errors=true)"
