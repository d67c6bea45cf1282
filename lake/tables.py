"""Delta tables of one surface: whole-day atomic writes through Spark, reads to Arrow without a JVM."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import TableNotFoundError
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from schemas.contract import Contract
from schemas.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PLAIN = {"delta.enableDeletionVectors": "false"}
"""Table properties that keep Arrow readers without a JVM able to read what Spark wrote."""


@dataclass(frozen=True)
class Lake:
    """The tables of one surface below `root` (a local folder)."""

    root: Path

    def path(self, table: Contract) -> Path:
        """Folder of `table`: `silver.labelled` lies in `<root>/silver/labelled`."""
        return self.root.joinpath(*table.name.split("."))

    def exists(self, table: Contract) -> bool:
        return (self.path(table) / "_delta_log").is_dir()

    # -- writes -------------------------------------------------------------------------------------------------

    def write_days(self, frame: DataFrame, table: Contract, days: Sequence[date]) -> None:
        """Replace whole `days` (values of the partition column) of `table` by `frame` in one Delta commit.

        Other days are untouched; a day of which `frame` has no row becomes empty. Writing the same rows again
        leaves the same table.
        """
        (column,) = table.partition_by
        self._write(frame, table, among(column, days))

    def write_whole(self, frame: DataFrame, table: Contract) -> None:
        """Replace all of `table` by `frame` in one Delta commit."""
        self._write(frame, table, None)

    def _write(self, frame: DataFrame, table: Contract, where: str | None) -> None:
        from pyspark.sql import functions as F

        schema = table.spark()
        ordered = frame.select(*(F.col(field.name).cast(field.dataType.simpleString()) for field in schema.fields))
        writer = ordered.write.format("delta").mode("overwrite").partitionBy(*table.partition_by)
        for key, value in PLAIN.items():
            writer = writer.option(key, value)
        if where is not None and self.exists(table):
            writer = writer.option("replaceWhere", where)
        writer.option("mergeSchema", "true").save(str(self.path(table)))

    def write_arrow(self, rows: pa.Table, table: Contract, where: str) -> None:
        """Replace the rows matching the SQL predicate `where` by `rows`, without a JVM: for small tables."""
        exists = self.exists(table)
        write_deltalake(
            str(self.path(table)),
            rows.select(list(table.names)).cast(table.arrow()),
            mode="overwrite",
            partition_by=list(table.partition_by) or None,
            predicate=where if exists else None,
            configuration=PLAIN,
        )

    # -- reads --------------------------------------------------------------------------------------------------

    def frame(self, spark: SparkSession, table: Contract, days: Iterable[date] | None = None) -> DataFrame:
        """`table` (of `days`, where given) as a Spark frame; an empty one with its schema if it was never written."""
        if not self.exists(table):
            return spark.createDataFrame([], table.spark())
        frame = spark.read.format("delta").load(str(self.path(table)))
        if days is None:
            return frame
        (column,) = table.partition_by
        return frame.where(among(column, days))

    def arrow(
        self,
        table: Contract,
        days: Iterable[date] | None = None,
        columns: Sequence[str] | None = None,
        where: ds.Expression | None = None,
    ) -> pa.Table:
        """`table` as Arrow without a JVM: whole, or the rows of `days` that match `where`, `columns` only.

        Raises UserError if the table was never written.
        """
        expression = where
        if days is not None:
            (column,) = table.partition_by
            of_days = ds.field(column).isin(list(days))
            expression = of_days if expression is None else expression & of_days
        dataset = self._dataset(table)
        return dataset.to_table(columns=list(columns or table.names), filter=expression)

    def query(self, table: Contract, sql: str) -> pa.Table:
        """The answer, as Arrow, to `sql` (DuckDB) over `table`, which it calls `rows`; no JVM."""
        return self.across({"rows": table}, sql)

    def across(self, tables: Mapping[str, Contract], sql: str) -> pa.Table:
        """The answer, as Arrow, to `sql` (DuckDB) over several tables, each called by its name there; no JVM.

        Raises UserError if one was never written.
        """
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for name, table in tables.items():
                connection.register(name, self._dataset(table))
            return connection.sql(sql).to_arrow_table()

    def tally(
        self, table: Contract, days: Iterable[date], by: Sequence[str], where: str = "true", day: str = ""
    ) -> dict[tuple[Any, ...], int]:
        """Rows that match the SQL predicate `where`, counted per values of `by`; empty if `table` was never written.

        `days` are values of the partition column, or of the column `day` where one is named.
        """
        if not self.exists(table):
            return {}
        of_days = among(day or table.partition_by[0], days)
        sql = f"SELECT {', '.join(by)}, count(*) AS n FROM rows WHERE {of_days} AND {where} GROUP BY ALL"
        return {tuple(row[name] for name in by): row["n"] for row in self.query(table, sql).to_pylist()}

    def days(self, table: Contract) -> set[date]:
        """Partition days of `table` that hold rows; empty if it was never written."""
        if not self.exists(table):
            return set()
        (column,) = table.partition_by
        return {date.fromisoformat(part[column]) for part in self._delta(table).partitions()}

    def version(self, table: Contract) -> int:
        """The Delta version now current."""
        return int(self._delta(table).version())

    def fingerprint(self, table: Contract, days: Iterable[date] | None = None) -> tuple[int, str]:
        """(rows, hash) of the content of `table`, the same whatever the order of rows and the layout of files."""
        if not self.exists(table):
            return 0, "0" * 16
        dataset = self._dataset(table)
        where = "true" if days is None else among(table.partition_by[0], days)
        with duckdb.connect() as connection:
            return content_hash(connection, dataset, where)

    def _dataset(self, table: Contract) -> ds.Dataset:
        return dataset_of(self._delta(table), self.path(table))

    def _delta(self, table: Contract) -> DeltaTable:
        path = self.path(table)
        try:
            return DeltaTable(str(path))
        except TableNotFoundError:
            raise UserError(
                f"table {table.name} does not exist below {self.root}", fix="run the night's earlier steps first"
            ) from None


def dataset_of(delta: DeltaTable, path: Path) -> ds.Dataset:
    """The rows now in `delta`, the table at `path`, read by Arrow's own file system.

    Delta's default one calls Python from Arrow's threads; if one of them outlives the interpreter, the process aborts
    with all its work done ("terminate called without an active exception", apache/arrow#36980, delta-rs#2184).
    """
    return delta.to_pyarrow_dataset(filesystem=SubTreeFileSystem(str(path), LocalFileSystem()))


def content_hash(connection: duckdb.DuckDBPyConnection, rows: ds.Dataset, where: str = "true") -> tuple[int, str]:
    """(rows, hash) of the `rows` matching the SQL predicate `where`: a sum of row hashes, so order does not matter."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("rows", rows)
    columns = ", ".join(f'"{name}"' for name in sorted(rows.schema.names))
    found: Any = connection.execute(
        f"SELECT count(*), coalesce(sum(hash({columns})), 0) FROM rows WHERE {where}"
    ).fetchone()
    return int(found[0]), f"{int(found[1]) % 2**64:016x}"


@functools.singledispatch
def _literal(value: object) -> str:
    raise TypeError(f"no SQL literal for {value!r}")


@_literal.register
def _(value: date) -> str:
    return f"DATE '{value.isoformat()}'"


def among(column: str, days: Iterable[date]) -> str:
    """The SQL predicate that `column` is one of `days`; raises ValueError if there are none."""
    listed = ", ".join(_literal(day) for day in days)
    if not listed:
        raise ValueError("no days given")
    return f"{column} IN ({listed})"
