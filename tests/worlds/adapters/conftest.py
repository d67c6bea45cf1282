"""Runs an import into a folder of the test's own and reads what it landed."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from surfaces.load import load
from worlds.adapters.importing import dataset, import_logs
from worlds.adapters.report import ImportReport, Tally


@dataclass(frozen=True)
class Imported:
    """A finished import: its report and its landing folder."""

    report: ImportReport
    landing: Path

    def table(self, layer: str) -> pa.Table:
        """Every landed row of `layer`, days in order."""
        paths = sorted((self.landing / layer).rglob("*.parquet"))
        return pa.concat_tables([pq.ParquetFile(path).read() for path in paths])

    def rows(self, layer: str) -> list[dict[str, Any]]:
        return list(self.table(layer).to_pylist())

    def days(self, layer: str) -> dict[str, int]:
        """Rows per day folder of `layer`."""
        counts: Counter[str] = Counter()
        for path in sorted((self.landing / layer).rglob("*.parquet")):
            counts[path.parent.name.removeprefix("day=")] += pq.ParquetFile(path).metadata.num_rows
        return dict(counts)

    def tally(self, what: str) -> Tally:
        return next(tally for tally in self.report.tallies if tally.what == what)

    def outcomes(self) -> Counter[str]:
        return Counter(self.table("outcome")["outcome"].to_pylist())


class Importer(Protocol):
    """Imports the folder `path` as data set `name`."""

    def __call__(self, name: str, path: Path, first: date | None = None, last: date | None = None) -> Imported: ...


@pytest.fixture
def imported(tmp_path: Path) -> Importer:
    def run(name: str, path: Path, first: date | None = None, last: date | None = None) -> Imported:
        landing = tmp_path / "landing" / name
        report = import_logs(dataset(name), path, landing, load(name), first_day=first, last_day=last)
        return Imported(report, landing)

    return run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An empty folder to lay a data set out in."""
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def write(path: Path, *lines: str) -> Path:
    """`lines` as a file, compressed if its name ends in .gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path
