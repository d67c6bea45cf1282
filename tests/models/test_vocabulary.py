"""Ids and rows, also where there are more of them than one step takes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from models.steps import STEP
from models.vocabulary import Vocabulary, numbered, rows_in, strings, texts

MANY = 2 * STEP + 7


def test_texts_are_those_of_the_column_and_empty_where_there_is_none() -> None:
    column = pa.chunked_array([["a", None], [], ["", "ü"]], pa.string())
    assert texts(column).tolist() == ["a", "", "", "ü"]
    assert texts(pa.array([], pa.string())).tolist() == []


@pytest.mark.parametrize("n", [0, 3, STEP, MANY])
def test_ids_are_numbered_in_their_order_and_found_again(n: int) -> None:
    ids = texts(pa.array([f"v{number}" for number in range(n)], pa.string()))
    known = numbered(ids)
    assert list(known) == ids.tolist()
    assert rows_in(known, ids).tolist() == list(range(n))
    backwards = rows_in(known, [*ids[::-1], None, "stranger"])
    assert backwards.tolist() == [*range(n)[::-1], -1, -1]


def test_a_vocabulary_knows_its_ids_and_no_others() -> None:
    known = Vocabulary.of(["b", "a", "b"])
    assert known.ids.tolist() == ["a", "b"]
    assert known.rows(strings(["b", "c", "a"])).tolist() == [1, -1, 0]
    assert known.known(["b", "c", "a"]).tolist() == [1, 0]
    assert ("a" in known, "c" in known, len(known)) == (True, False, 2)
    assert known.rows([]).dtype == np.int64
