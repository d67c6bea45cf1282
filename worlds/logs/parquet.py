"""A parquet file written piece by piece, the same bytes whatever the pieces."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from worlds.landing import conform

ROW_GROUP = 131_072
_PLAIN = ("request_id", "impression_id", "outcome_id", "shown_at", "requested_at", "occurred_at")
"""Columns of which a dictionary would hold every value."""


class Files:
    """Parquet files of one part of a day, by (layer, path); each is opened with its first rows."""

    def __init__(self) -> None:
        self._open: dict[Path, _File] = {}

    def add(self, layer: str | None, path: Path, rows: pa.Table) -> int:
        """Append `rows` to the file at `path`, in the types of `layer`'s contract (None: as they are)."""
        if len(rows):
            if path not in self._open:
                self._open[path] = _File(path)
            self._open[path].add(conform(rows, layer) if layer else rows)
        return len(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._open.values():
            file.close(whole=kind is None)


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, rows: pa.Table) -> None:
        self._waiting.append(rows)
        self._rows += len(rows)
        while self._rows >= ROW_GROUP:
            self._write(ROW_GROUP)

    def close(self, *, whole: bool) -> None:
        if whole and self._rows:
            self._write(self._rows)
        if self._writer is not None:
            self._writer.close()

    def _write(self, count: int) -> None:
        rows = pa.concat_tables(self._waiting)
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            dictionary = [field.name for field in rows.schema if field.name not in _PLAIN]
            self._writer = pq.ParquetWriter(self._path, rows.schema, compression="zstd", use_dictionary=dictionary)
        self._writer.write_table(rows.slice(0, count).combine_chunks(), row_group_size=count)
        self._waiting = [rows.slice(count)] if len(rows) > count else []
        self._rows -= count
