"""Landing days are replaced whole, and the same rows are the same bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from worlds import landing as files

DAY = date(2026, 1, 1)
ROWS = pa.table(
    {
        "impression_id": ["a", 'say "b"'],
        "request_id": ["r", "r"],
        "item_id": ["x", None],
        "propensity": [0.1, 1e-6],
        "shown_at": pa.array([datetime(2026, 1, 1, 12, 0, 0, 5, tzinfo=UTC)] * 2, pa.timestamp("us", tz="UTC")),
    }
)


def test_the_same_rows_are_the_same_bytes_in_the_contracts_types(tmp_path: Path) -> None:
    for name in ("one.parquet", "two.parquet"):
        files.write_parquet(files.conform(ROWS, "impression"), tmp_path / name)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    back = pq.ParquetFile(tmp_path / "one.parquet").read()
    assert back["schema_version"].to_pylist() == [1, 1]
    assert back["propensity"].to_pylist() == [0.1, 1e-6]


def test_a_column_the_contract_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match="mood"):
        files.conform(pa.table({"mood": ["good"]}), "impression")


def test_a_day_is_replaced_whole(tmp_path: Path) -> None:
    for name in ("old", "new"):
        with files.replacing(tmp_path, "impression", DAY) as folder:
            (folder / name).write_text("rows")
    assert [path.name for path in (tmp_path / "impression" / "day=2026-01-01").iterdir()] == ["new"]


def test_a_failure_leaves_the_day_as_it_was(tmp_path: Path) -> None:
    with files.replacing(tmp_path, "impression", DAY) as folder:
        (folder / "old").write_text("rows")
    with pytest.raises(IsADirectoryError), files.replacing(tmp_path, "impression", DAY) as folder:
        folder.write_text("rows where a folder is")
    assert [path.name for path in (tmp_path / "impression").iterdir()] == ["day=2026-01-01"]
    assert (tmp_path / "impression" / "day=2026-01-01" / "old").exists()
