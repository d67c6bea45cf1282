from __future__ import annotations

import math

import numpy as np
import pytest

from models.interface import Recommended, Requests
from models.validation import holdout, recall_at
from models.vocabulary import strings
from tests.models.tiny import NOTHING, interactions

TRAIN = interactions([("u", "b", 1.0, 20), ("u", "a", 1.0, 10), ("v", "a", 1.0, 30)])
LATER = interactions(
    [("u", "c", 1.0, 99), ("u", "a", 1.0, 98), ("v", "a", 1.0, 97), ("w", "d", 1.0, 96), ("", "d", 1.0, 95)]
)


def test_requests_stand_as_before_the_held_out_time() -> None:
    held = holdout(TRAIN, LATER, seed=0)
    assert list(held.requests.users) == ["u", "w"]
    assert list(held.requests.histories) == list(held.requests.seen) == [["a", "b"], []]
    assert held.relevant == [{"c"}, {"d"}]


def test_at_most_so_many_users_and_always_the_same_ones() -> None:
    many = interactions([(f"u{n}", "x", 1.0, n) for n in range(50)])
    first, again = (holdout(TRAIN, many, seed=3, users=10).requests.users for _ in range(2))
    assert len(first) == 10
    assert list(first) == list(again) != list(holdout(TRAIN, many, seed=4, users=10).requests.users)


def test_recall_is_the_mean_share_found() -> None:
    items = np.array([["a", "b", ""], ["c", "", ""]], dtype=object)
    recommended = Recommended(items, np.zeros((2, 3), np.float32))
    assert recall_at(recommended, [frozenset("ax"), frozenset("c")]) == pytest.approx((0.5 + 1.0) / 2)


def test_without_held_out_responses_there_is_no_recall() -> None:
    def unasked(requests: Requests, k: int) -> Recommended:
        raise AssertionError("nobody to recommend to")

    assert math.isnan(holdout(TRAIN, interactions(NOTHING), seed=0).recall(unasked))
    assert not len(strings([]))
