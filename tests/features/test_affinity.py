"""Nearness of items to a history by content, where directions make the answer obvious."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.affinity import affinity, contents, tastes, unit

NAN = np.nan
VECTORS = unit(np.array([[3.0, 0.0], [0.0, 5.0], [-2.0, 0.0], [NAN, NAN], [0.0, 0.0]]))
EAST, NORTH, WEST, UNKNOWN, ZERO = range(5)


def near(history: list[int], item: int) -> float:
    taste = tastes(VECTORS, np.array(history, dtype=np.int64), np.array([len(history)]))
    return float(affinity(taste, np.array([0]), VECTORS, np.array([item]))[0])


@pytest.mark.parametrize(
    ("history", "item", "expected"),
    [
        ([EAST], EAST, 1.0),
        ([EAST, EAST], WEST, -1.0),
        ([EAST], NORTH, 0.0),
        ([EAST, NORTH], NORTH, 0.5),
        ([EAST, UNKNOWN, ZERO, -1], EAST, 1.0),
        ([EAST, WEST], EAST, 0.0),
    ],
)
def test_nearness_is_the_inner_product_with_the_mean(history: list[int], item: int, expected: float) -> None:
    assert near(history, item) == pytest.approx(expected)


@pytest.mark.parametrize(("history", "item"), [([], EAST), ([UNKNOWN, -1], EAST), ([EAST], UNKNOWN), ([EAST], -1)])
def test_what_is_unknown_is_unknown(history: list[int], item: int) -> None:
    assert np.isnan(near(history, item))


@given(st.lists(st.lists(st.integers(-1, 4), max_size=6), min_size=1, max_size=8))
def test_many_histories_at_once_give_the_same_bits_as_each_alone(histories: list[list[int]]) -> None:
    flat = np.array([row for history in histories for row in history], dtype=np.int64)
    together = tastes(VECTORS, flat, np.array([len(history) for history in histories]))
    items = np.arange(len(histories)) % 3
    found = affinity(together, np.arange(len(histories)), VECTORS, items)
    alone = np.array([near(history, int(item)) for history, item in zip(histories, items, strict=True)], np.float32)
    assert found.tobytes() == alone.tobytes()


def test_content_of_another_length_than_most_is_unknown() -> None:
    def column(*values: list[float] | None) -> pa.Array:
        return pa.array(values, pa.list_(pa.float32()))

    found = contents(column([1.0, 2.0], None, [1.0], [3.0, 4.0], []))
    assert found.shape == (5, 2)
    assert np.isnan(found).any(axis=1).tolist() == [False, True, True, False, True]
    assert found[[0, 3]].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert contents(column([1.0], None), width=3).shape == (2, 3)
    assert contents(column(None)).shape == (1, 0)
    assert contents(column([1.0], [1.0, 2.0])).shape == (2, 2)
    assert contents(pa.chunked_array([column(None), column(None)])).shape == (2, 0)
