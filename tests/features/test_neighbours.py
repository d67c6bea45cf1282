"""Nearness by who responded to both, against plain loops; the same for one history as among many."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from features import neighbours
from features.neighbours import nearness

SIMILAR = sp.random(12, 12, 0.3, format="csr", dtype=np.float32, random_state=1)
rows = st.integers(-1, 11)


def plain(history: list[int], item: int) -> float:
    known = [row for row in history if row >= 0]
    if not known or item < 0:
        return float("nan")
    return float(np.sqrt(np.mean([SIMILAR[row, item] for row in known], dtype=np.float64)))


def asked(histories: list[list[int]], of: list[int], items: list[int]) -> list[float]:
    flat = np.array([row for history in histories for row in history], np.int64)
    lengths = np.array([len(history) for history in histories], np.int64)
    found = nearness(SIMILAR, flat, lengths, np.array(of, np.int64), np.array(items, np.int64))
    assert found.dtype == np.float32
    return list(found.tolist())


@settings(max_examples=60, deadline=None)
@given(histories=st.lists(st.lists(rows, max_size=6), min_size=1, max_size=7), items=st.lists(rows, max_size=9))
def test_it_is_the_square_root_of_the_mean_and_does_not_depend_on_who_else_is_asked_for(
    histories: list[list[int]], items: list[int]
) -> None:
    of = [place % len(histories) for place in range(len(items))]
    together = asked(histories, of, items)
    expected = [plain(histories[mine], item) for mine, item in zip(of, items, strict=True)]
    assert together == pytest.approx(expected, rel=1e-6, nan_ok=True)
    alone = [asked([histories[mine]], [0], [item])[0] for mine, item in zip(of, items, strict=True)]
    assert np.array(alone).tobytes() == np.array(together).tobytes()


def test_many_histories_are_taken_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    histories, of, items = [[1, 2], [3], [], [4, 4]], [3, 0, 2, 1, -1], [5, 0, 1, 2, 3]
    whole = asked(histories, of, items)
    monkeypatch.setattr(neighbours, "CHUNK", 2)
    assert np.array(asked(histories, of, items)).tobytes() == np.array(whole).tobytes()
    assert np.isnan(whole[2])
    assert np.isnan(whole[4])
