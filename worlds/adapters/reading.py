"""Read the files of public data sets: every line is either in a batch or set aside with its reason and place."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas.errors import UserError
from worlds.adapters.report import Tally

Column = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
BATCH_ROWS = 200_000
NEVER = np.iinfo(np.int64).min
"""The microseconds of a time that could not be read."""


@dataclass(frozen=True)
class Batch:
    """Some rows of one file. `lines` (n,) are their line numbers from 1; each column is (n,), text unless added."""

    file: str
    lines: Ints
    columns: dict[str, Column]
    tally: Tally

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def keep(self, mask: Mask, reason: str) -> Batch:
        """The rows where `mask` holds; the others are set aside for `reason`."""
        self.tally.set_aside(reason, self.file, self.lines[~mask].tolist())
        columns = {name: values[mask] for name, values in self.columns.items()}
        return Batch(self.file, self.lines[mask], columns, self.tally)

    def having(self, **columns: Column) -> Batch:
        """The same rows with further columns."""
        return Batch(self.file, self.lines, {**self.columns, **columns}, self.tally)

    def with_numbers(self, *names: str) -> Batch:
        """The rows that have a finite number in each of these columns."""
        batch = self
        for name in names:
            batch = batch.keep(np.isfinite(batch.number(name)), f"{name} is not a number")
        return batch

    def number(self, name: str) -> npt.NDArray[np.float64]:
        """The column as float64; NaN where the text is not a number."""
        return np.asarray(pd.to_numeric(pd.Series(self[name]), errors="coerce"), dtype=np.float64)

    def flag(self, name: str) -> Mask:
        """Where the column is a number other than 0; all false if there is no such column."""
        if name not in self.columns:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(np.nan_to_num(self.number(name)) != 0)


def microseconds(times: pd.Series[pd.Timestamp]) -> Ints:
    """UTC microseconds of a series of times; NEVER where there is none."""
    return np.asarray(pd.DatetimeIndex(times).as_unit("us").asi8, dtype=np.int64)


def found(folder: Path, names: Sequence[str], layout: str) -> Path:
    """The first of `names` (or its .gz) that is a file in `folder`; raises UserError naming the expected layout."""
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise UserError(f"{folder} holds no {' or '.join(names)} (.gz or not)", fix=f"give a folder laid out as {layout}")


def optional(folder: Path, *names: str) -> Path | None:
    """The first of `names` (or its .gz) that is a file in `folder`, or None."""
    paths = (path for name in names for path in (folder / name, folder / f"{name}.gz"))
    return next((path for path in paths if path.is_file()), None)


def open_text(path: Path, encoding: str = "utf-8") -> TextIO:
    """The file as text, through gzip if it ends in .gz; bytes that do not decode become surrogates."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, errors="surrogateescape", newline="")
    return path.open(encoding=encoding, errors="surrogateescape", newline="")


def read_csv(path: Path, tally: Tally, needed: Sequence[str], also: Sequence[str] = ()) -> Iterator[Batch]:
    """Batches of a comma-separated file with a header and quotes: its `needed` columns, and `also` those it has.

    Raises UserError if the header lacks one of the `needed` columns.
    """
    with open_text(path) as file:
        reader = csv.reader(file)
        header = next(reader, [])
        yield from _batches(path, _csv_rows(reader), _Header.of(path, header, needed, also), tally)


def read_plain(
    path: Path,
    tally: Tally,
    delimiter: str,
    names: Sequence[str] | None,
    *,
    needed: Sequence[str] = (),
    also: Sequence[str] = (),
    encoding: str = "utf-8",
) -> Iterator[Batch]:
    """The same for a file whose fields never hold the delimiter; without `names` its first line is the header."""
    with open_text(path, encoding) as file:
        lines = enumerate((line.rstrip("\r\n").split(delimiter) for line in file), start=1)
        header = list(names) if names is not None else next(lines, (0, [""]))[1]
        yield from _batches(path, lines, _Header.of(path, header, needed or header, also), tally)


@dataclass(frozen=True)
class _Header:
    """How many fields a row must have, and where the wanted ones are."""

    width: int
    wanted: dict[str, int]

    @staticmethod
    def of(path: Path, header: Sequence[str], needed: Sequence[str], also: Sequence[str]) -> _Header:
        absent = [name for name in needed if name not in header]
        if absent:
            raise UserError(
                f"{path}: the header has no {', '.join(absent)}; found {', '.join(header)[:200] or 'an empty file'}",
                fix="give the file as its publisher distributes it",
            )
        return _Header(len(header), {name: header.index(name) for name in (*needed, *also) if name in header})


def _csv_rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = []
        yield reader.line_num, row  # type: ignore[attr-defined]


def _batches(path: Path, rows: Iterator[tuple[int, list[str]]], header: _Header, tally: Tally) -> Iterator[Batch]:
    good: list[list[str]] = []
    lines: list[int] = []
    last = 0
    try:
        for line, row in rows:
            last = line
            tally.read += 1
            if reason := _fault(row, header.width):
                tally.set_aside(reason, path.name, [line])
                continue
            good.append([row[place] for place in header.wanted.values()])
            lines.append(line)
            if len(good) == BATCH_ROWS:
                yield _batch(path, good, lines, header, tally)
                good, lines = [], []
    except (EOFError, zlib.error, gzip.BadGzipFile):
        tally.read += 1
        tally.set_aside("unreadable from here on (a truncated file?)", path.name, [last + 1])
    if good:
        yield _batch(path, good, lines, header, tally)


def _fault(row: list[str], width: int) -> str | None:
    if len(row) != width:
        return f"not {width} fields"
    text = "".join(row)
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return "not UTF-8"
    return None


def _batch(path: Path, rows: list[list[str]], lines: list[int], header: _Header, tally: Tally) -> Batch:
    columns = {
        name: np.array(values, dtype=object)
        for name, values in zip(header.wanted, zip(*rows, strict=True), strict=True)
    }
    return Batch(path.name, np.array(lines, dtype=np.int64), columns, tally)
