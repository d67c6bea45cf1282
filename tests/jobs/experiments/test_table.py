"""An experiment in a plain table: rows of a user are one user, and nothing is taken for what it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.experiments.units import DAYS, Panel, Units
from jobs.experiments.table import Columns, Tabled, read_table
from schemas.errors import UserError

ROWS: dict[str, list[Any]] = {
    "user": ["ann", "ann", "bob", "eve", "eve"],
    "arm": ["a", "a", "b", "b", "b"],
    "day": ["2026-01-01", "2026-01-03", "2026-01-02", "2026-01-01", "2026-01-01"],
    "clicks": [1, 2, 5, 10, 20],
    "clicks_before": [7.0, 7.0, None, 3.0, 3.0],
    "team": ["x", "x", "y", "y", "y"],
    "seen": ["no", "yes", "no", "yes", "yes"],
}


def read(folder: Path, columns: Columns | None = None, metrics: tuple[str, ...] = ("clicks",), **cells: Any) -> Tabled:
    path = folder / "experiment.csv"
    pd.DataFrame(ROWS | cells).to_csv(path, index=False)
    return read_table(path, columns or Columns(), metrics)


def test_rows_of_a_user_are_added_up(tmp_path: Path) -> None:
    units = read(tmp_path).data
    assert isinstance(units, Units)
    assert units.counts == {"a": 1, "b": 2}
    assert units.sums["clicks"].tolist() == [3.0, 5.0, 30.0]
    assert units.before["clicks"].tolist() == pytest.approx([7.0, np.nan, 3.0], nan_ok=True)


def test_days_make_a_panel(tmp_path: Path) -> None:
    panel = read(tmp_path, Columns(day="day")).data
    assert isinstance(panel, Panel)
    assert panel.days == 3
    assert panel.entered.tolist() == [0, 1, 0]
    assert panel.totals().sums["clicks"].tolist() == [3.0, 5.0, 30.0]
    assert panel.totals().sums[DAYS].tolist() == [3.0, 2.0, 3.0]
    assert panel.window(0, 0).sums["clicks"].tolist() == [1.0, 30.0]


def test_clusters_and_triggers_are_of_users(tmp_path: Path) -> None:
    units = read(tmp_path, Columns(cluster="team", trigger="seen")).data
    assert isinstance(units, Units)
    assert units.cluster is not None
    assert units.triggered is not None
    assert units.cluster.tolist() == [0, 1, 1]
    assert units.triggered.tolist() == [True, False, True]


@settings(deadline=None, max_examples=25)
@given(order=st.permutations(range(5)), parquet=st.booleans())
def test_neither_the_order_of_rows_nor_the_format_matters(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], parquet: bool
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    rows = pd.DataFrame(ROWS).iloc[order]
    path = folder / ("experiment.parquet" if parquet else "experiment.csv")
    (rows.to_parquet if parquet else rows.to_csv)(path, index=False)
    units = read_table(path, Columns(cluster="team"), ["clicks"]).data
    assert isinstance(units, Units)
    assert units.sums["clicks"].tolist() == [3.0, 5.0, 30.0]
    assert units.arm.tolist() == [0, 1, 1]


def test_who_has_no_arm_or_several_is_left_out_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, arm=["a", "b", None, "b", "b"])
    assert isinstance(found.data, Units)
    assert found.data.sums["clicks"].tolist() == [30.0]
    assert found.notes == (
        "1 of 5 rows have no user or no arm: left out",
        "1 of 2 users are in several arms: left out",
    )


def test_who_has_no_cluster_or_several_is_left_out_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, Columns(cluster="team"), team=["x", "z", None, "y", "y"])
    assert isinstance(found.data, Units)
    assert found.data.sums["clicks"].tolist() == [30.0]
    assert "or no cluster: left out" in found.notes[0]
    assert found.notes[1] == "1 of 2 users are in several clusters: left out"


@pytest.mark.parametrize(
    ("cells", "columns", "told"),
    [
        ({"clicks": [1, 2, None, 4, 5]}, Columns(), "experiment.csv: clicks: 1 of 5 rows hold no number"),
        (
            {"clicks_before": [1, 2, "x", 4, 5]},
            Columns(),
            "clicks_before: 1 of 5 rows hold no number; .* 'x'",
        ),
        ({"day": ["soon"] * 5}, Columns(day="day"), "day: 5 of 5 rows hold no date"),
        ({"seen": ["x"] * 5}, Columns(trigger="seen"), "seen: 5 of 5 rows hold no yes or no"),
        ({"arm": [None] * 5}, Columns(), "no row has a value in user and arm"),
        ({}, Columns(user="person"), "there is no column 'person'"),
        ({}, Columns(day="date"), "there is no column 'date'"),
    ],
)
def test_bad_cells_are_told_not_counted(tmp_path: Path, cells: dict[str, Any], columns: Columns, told: str) -> None:
    with pytest.raises(UserError, match=told):
        read(tmp_path, columns, **cells)


def test_a_file_that_is_no_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        read_table(tmp_path / "none.csv", Columns(), ["clicks"])
    for name in ("empty.csv", "junk.parquet"):
        (tmp_path / name).write_bytes(b"" if name == "empty.csv" else b"junk")
        with pytest.raises(UserError, match="cannot be read as a table"):
            read_table(tmp_path / name, Columns(), ["clicks"])
