from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.entities import SEPARATOR
from serving.release.catalogue import Catalogue, Column
from serving.release.snapshot import Crossed, Lists, Table


def table_of(path: Path, rows: dict[str, float | None]) -> Table:
    pq.write_table(pa.table({"key": list(rows), "rate": pa.array(rows.values(), pa.float32())}), path)
    return Table.read(path, ["rate"])


def test_a_table_answers_by_key_and_says_nan_of_what_it_does_not_know(tmp_path: Path) -> None:
    table = table_of(tmp_path / "t.parquet", {"a": 0.5, "b": None})
    rows = np.array([table.row(key) for key in ("b", "a", "z")])
    assert np.array_equal(table.column("rate")[rows], [np.nan, 0.5, np.nan], equal_nan=True)


def test_an_empty_table_knows_nothing(tmp_path: Path) -> None:
    table = table_of(tmp_path / "t.parquet", {})
    assert np.isnan(table.values[table.row("a")]).all()


def test_a_crossed_table_is_found_by_user_and_code(tmp_path: Path) -> None:
    keys = [("u1", "sport"), ("u0", "music"), ("u1", "music"), ("u1", "gone"), ("u2", "food")]
    table = table_of(tmp_path / "t.parquet", {SEPARATOR.join(key): float(n) for n, key in enumerate(keys)})
    crossed = Crossed.of(table, {"music": 0, "sport": 1, "food": 2})
    wanted = np.array([0, 1, 2, -1, 0])
    assert crossed.find("u1", wanted).tolist() == [2, 0, -1, -1, 2]
    assert crossed.find("u0", wanted).tolist() == [1, -1, -1, -1, 1]
    assert crossed.find("u9", wanted).tolist() == [-1] * 5
    assert crossed.find(None, wanted).tolist() == [-1] * 5


@pytest.mark.parametrize("keys", [[], [SEPARATOR.join(("u1", "gone"))]])
def test_in_a_crossed_table_without_anything_known_nothing_is_found(tmp_path: Path, keys: list[str]) -> None:
    crossed = Crossed.of(table_of(tmp_path / "t.parquet", dict.fromkeys(keys, 1.0)), {"music": 0})
    assert crossed.find("u1", np.array([0, -1])).tolist() == [-1, -1]


def test_lists_are_read_by_user(tmp_path: Path) -> None:
    items = pa.array([["a", "b"], [], None], pa.list_(pa.string()))
    pq.write_table(pa.table({"key": ["u0", "u1", "u2"], "items": items}), tmp_path / "l.parquet")
    lists = Lists.read(tmp_path / "l.parquet", "key")
    assert [lists.get(user) for user in ("u0", "u1", "u2", "u3", None)] == [["a", "b"], [], [], [], []]


def test_no_lists_at_all_are_no_failure(tmp_path: Path) -> None:
    empty = pa.table({"key": pa.array([], pa.string()), "items": pa.array([], pa.list_(pa.string()))})
    pq.write_table(empty, tmp_path / "l.parquet")
    assert Lists.read(tmp_path / "l.parquet", "key").get("u0") == []


def test_codes_are_the_same_for_equal_values_and_minus_one_for_none() -> None:
    column = Column.of(pa.array(["x", None, "y", "x", ""]))
    assert column.codes.tolist() == [0, -1, 1, 0, -1]
    assert column.values.tolist() == column.distinct[column.codes].tolist() == ["x", "", "y", "x", ""]
    assert Column.of(pa.array([], pa.string())).distinct.tolist() == [""]


def test_a_catalogue_without_rows_still_takes_the_items_of_models(tmp_path: Path) -> None:
    names = ("item_id", "creator_id", "topic", "title")
    empty = pa.table({name: pa.array([], pa.string()) for name in names})
    empty = empty.append_column("created_at", pa.array([], pa.timestamp("us", tz="UTC")))
    empty = empty.append_column("duration_s", pa.array([], pa.float32()))
    pq.write_table(empty, tmp_path / "c.parquet")
    catalogue = Catalogue.read(tmp_path / "c.parquet", ["b", "a", "b"])
    assert catalogue.ids.tolist() == ["a", "b"]
    assert catalogue.rows(["b", "z"]).tolist() == [1, -1]
