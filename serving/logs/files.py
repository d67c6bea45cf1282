"""Files of landing as rows: JSON lines, plain or compressed, and parquet. A row is found by where it lies."""

from __future__ import annotations

import functools
import gzip
import json
import mmap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow.parquet as pq

from serving.logs.records import Row, written
from serving.logs.segment import ENDING, OPEN

COMPRESSED, PARQUET = f"{ENDING}.gz", ".parquet"
ENDINGS = (ENDING, ENDING + OPEN, COMPRESSED, PARQUET)
"""What ends the name of a file that is read; one that is being written is among them."""
HELD = 8
"""Files that are held whole in memory, of the kinds that cannot be read from the middle."""
_ID = b'"request_id":"'


class LogFile(Protocol):
    """One file of one layer."""

    def spans(self) -> Iterator[tuple[str, int, int]]:
        """(request id, begin, past-last) of every row that can be read."""
        ...

    def rows(self, begin: int, end: int) -> list[Row]:
        """The rows of the spans that lie from `begin` to `end`."""
        ...

    def all_rows(self) -> Iterator[Row]:
        """Every row of a request that can be read."""
        ...

    def holds(self, request_id: str) -> bool:
        """Whether any row is of this request."""
        ...


def opened(path: Path) -> LogFile:
    """The file at `path`, by its ending."""
    if path.name.endswith(PARQUET):
        return ParquetFile(path)
    return CompressedLines(path) if path.name.endswith(COMPRESSED) else JsonLines(path)


@dataclass(frozen=True)
class JsonLines:
    """Lines of JSON; spans are bytes. A torn line, which ingest quarantines, is no row."""

    path: Path

    def spans(self) -> Iterator[tuple[str, int, int]]:
        with self.path.open("rb") as file:
            yield from _spans(file)

    def rows(self, begin: int, end: int) -> list[Row]:
        with self.path.open("rb") as file:
            file.seek(begin)
            return [json.loads(line) for line in file.read(end - begin).splitlines()]

    def all_rows(self) -> Iterator[Row]:
        with self.path.open("rb") as file:
            yield from _whole(file)

    def holds(self, request_id: str) -> bool:
        if self.path.stat().st_size == 0:
            return False
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(sought) >= 0 for sought in _sought(request_id))


@dataclass(frozen=True)
class CompressedLines:
    """The same through gzip; spans are bytes of what was compressed."""

    path: Path

    def spans(self) -> Iterator[tuple[str, int, int]]:
        return _spans(_decompressed(self.path, _version(self.path)).splitlines(keepends=True))

    def rows(self, begin: int, end: int) -> list[Row]:
        return [json.loads(line) for line in _decompressed(self.path, _version(self.path))[begin:end].splitlines()]

    def all_rows(self) -> Iterator[Row]:
        return _whole(_decompressed(self.path, _version(self.path)).splitlines())

    def holds(self, request_id: str) -> bool:
        content = _decompressed(self.path, _version(self.path))
        return any(sought in content for sought in _sought(request_id))


@dataclass(frozen=True)
class ParquetFile:
    """Parquet, whose rows come out as a server would have written them in JSON; spans are numbers of rows."""

    path: Path

    def spans(self) -> Iterator[tuple[str, int, int]]:
        for number, row in enumerate(_stored(self.path, _version(self.path))):
            yield str(row.get("request_id", "")), number, number + 1

    def rows(self, begin: int, end: int) -> list[Row]:
        return [dict(row) for row in _stored(self.path, _version(self.path))[begin:end]]

    def all_rows(self) -> Iterator[Row]:
        return (row for row in _stored(self.path, _version(self.path)) if row.get("request_id"))

    def holds(self, request_id: str) -> bool:
        return request_id in pq.read_table(self.path, columns=["request_id"])["request_id"].to_pylist()


@functools.lru_cache(HELD)
def _decompressed(path: Path, version: int) -> bytes:  # noqa: ARG001
    return gzip.decompress(path.read_bytes())


@functools.lru_cache(HELD)
def _stored(path: Path, version: int) -> list[Row]:  # noqa: ARG001
    table = pq.ParquetFile(path).read()
    maps = {field.name for field in table.schema if str(field.type).startswith("map<")}
    return [
        {name: _plain(value, name in maps) for name, value in row.items() if value is not None}
        for row in table.to_pylist()
    ]


def _version(path: Path) -> int:
    """What changes when the file is replaced by another."""
    return path.stat().st_mtime_ns


def _plain(value: Any, is_map: bool) -> Any:
    if isinstance(value, datetime):
        return written(value)
    return dict(value) if is_map else value


def _spans(lines: Iterable[bytes]) -> Iterator[tuple[str, int, int]]:
    """(request id, first byte, past-last byte) of every whole line."""
    begin = 0
    for line in lines:
        end = begin + len(line)
        if line.endswith(b"\n"):
            yield _id_of(line), begin, end
        begin = end


def _id_of(line: bytes) -> str:
    begin = line.find(_ID) + len(_ID)
    end = line.find(b'"', begin)
    plain = line[begin:end]
    if begin >= len(_ID) and b"\\" not in plain:
        return plain.decode()
    try:
        return str(json.loads(line).get("request_id", ""))
    except (ValueError, AttributeError):
        return ""


def _whole(lines: Iterable[bytes]) -> Iterator[Row]:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.get("request_id"):
            yield row


def _sought(request_id: str) -> set[bytes]:
    """How a line may begin with the id: letters beyond ASCII are escaped by some writers and not by others."""
    return {_ID + json.dumps(request_id, ensure_ascii=escaped).encode()[1:] for escaped in (True, False)}
