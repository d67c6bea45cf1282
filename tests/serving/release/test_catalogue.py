"""The catalogue of a release read from its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from serving.release.catalogue import NEIGHBOURS_FILE, Catalogue, among

COLUMNS = {
    "item_id": ["a", "b", "c"],
    "creator_id": ["x", None, "x"],
    "topic": ["t", "t", None],
    "title": [None, "B", "C"],
    "created_at": pa.array([5, None, 7], pa.timestamp("us", tz="UTC")),
    "duration_s": pa.array([12.5, None, 3.0], pa.float32()),
}
CONTENT = pa.array([[2.0, 0.0], [0.0, 1.0], None], pa.list_(pa.float32()))


def read(tmp_path: Path, **more: pa.Array) -> Catalogue:
    pq.write_table(pa.table({**COLUMNS, **more}), tmp_path / "catalogue.parquet")
    return Catalogue.read(tmp_path / "catalogue.parquet", ["b", "z"])


def test_items_that_only_a_model_knows_come_last(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.ids.tolist() == ["a", "b", "c", "z"]
    assert found.rows(["z", "a", "nobody"]).tolist() == [3, 0, -1]
    assert found.created.tolist() == [5, 0, 7, 0]
    assert found.durations[[0, 2]].tolist() == [12.5, 3.0]
    assert np.isnan(found.durations[[1, 3]]).all()


def test_nearness_follows_content_and_is_unknown_without_it(tmp_path: Path) -> None:
    found = read(tmp_path, content=CONTENT)
    near = found.near(["a", "nobody", "z"], np.arange(4))
    assert near.dtype == np.float32
    assert near[:2].tolist() == [1.0, 0.0]
    assert np.isnan(near[2:]).all()
    assert found.near(["a", "b"], np.array([0]))[0] == pytest.approx(0.5)
    assert np.isnan(found.near([], np.arange(4))).all()


def test_kin_are_those_that_the_same_users_responded_to(tmp_path: Path) -> None:
    similar = sp.csr_matrix(np.array([[0, 0.25, 0], [0.25, 0, 0.5], [0, 0.5, 0]], np.float32))
    sp.save_npz(tmp_path / NEIGHBOURS_FILE, similar)
    found = read(tmp_path)
    assert found.akin(["b"], np.arange(4)).tolist() == pytest.approx([0.5, 0.0, 0.5**0.5, 0.0])
    assert found.akin(["a", "nobody", "c"], np.array([1]))[0] == pytest.approx((0.75 / 2) ** 0.5)
    assert np.isnan(found.akin([], np.arange(4))).all()
    assert np.isnan(found.akin(["nobody"], np.arange(4))).all()


def test_a_catalogue_without_content_says_nothing(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert np.isnan(found.near(["a"], np.arange(4))).all()
    assert np.isnan(found.akin(["a"], np.arange(4))).all()


@given(st.lists(st.integers(-1, 9)), st.lists(st.integers(0, 9)))
def test_among_is_numpys_isin(rows: list[int], some: list[int]) -> None:
    given_rows, listed = np.array(rows, np.int64), np.array(some, np.int64)
    assert among(given_rows, listed).tolist() == np.isin(given_rows, listed).tolist()
