"""Ids and positions as rows of tables: unknown is row 0, always."""

from __future__ import annotations

import numpy as np
import pytest

from models.ranker_data import RankerData
from models.ranker_encoding import MAX_POSITIONS, Encoding
from tests.models.ranker_worlds import data


def samples() -> RankerData:
    items = np.array(["b", "a", "a", "b", "a", "rare", None, ""], dtype=object)
    countries = np.array([None] * 8, dtype=object)
    return data(np.zeros((8, 1)), {}, position=np.array([0, 1, 2, 3, 0, 1, 2, -1]), item_id=items, country=countries)


def test_common_ids_have_rows_of_their_own_and_all_others_row_0() -> None:
    encoding = Encoding.learn(samples(), min_count=2)
    assert encoding.ids({"item_id": ["a", "b", "rare", None, "", "new"]}, 6).tolist() == [[1], [2], [0], [0], [0], [0]]
    assert encoding.sizes == [3]


def test_a_category_that_was_never_known_has_no_table() -> None:
    assert list(Encoding.learn(samples(), min_count=1).vocabularies) == ["item_id"]


def test_a_category_that_is_not_given_is_unknown() -> None:
    assert Encoding.learn(samples(), min_count=1).ids({}, 3).tolist() == [[0], [0], [0]]


def test_positions_count_from_1_and_end_at_the_last_that_was_seen() -> None:
    encoding = Encoding.learn(samples(), min_count=1)
    assert encoding.positions == 4
    assert encoding.position_rows(np.array([-1, 0, 3, 4, 99])).tolist() == [0, 1, 4, 4, 4]


def test_without_positions_every_row_is_the_unknown_one() -> None:
    encoding = Encoding.learn(data(np.zeros((3, 1)), {}), min_count=1)
    assert encoding.position_rows(np.array([-1, 0, 7])).tolist() == [0, 0, 0]


def test_far_positions_share_a_row() -> None:
    far = data(np.zeros((2, 1)), {}, position=np.array([0, 5000]))
    assert Encoding.learn(far, min_count=1).positions == MAX_POSITIONS


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="8 rows"):
        data(np.zeros((8, 1)), {"click": np.zeros(7)})
