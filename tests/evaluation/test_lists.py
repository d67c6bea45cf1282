from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import lists
from evaluation.segments import item_segments


def table(*rows: list[str]) -> lists.Lists:
    return np.array(rows, dtype=object)


def test_recall_is_the_share_of_what_each_user_wanted() -> None:
    shown = table(["a", "b", "c"], ["x", "y", ""])
    relevant = [frozenset("ac"), frozenset("yz")]
    assert lists.recall(shown, relevant, 1) == 0.25
    assert lists.recall(shown, relevant, 3) == 0.75


def test_users_who_wanted_nothing_do_not_count() -> None:
    assert lists.recall(table(["a"], ["b"]), [frozenset("a"), frozenset()], 1) == 1.0
    assert math.isnan(lists.recall(table(["a"]), [frozenset()], 1))


def test_an_empty_place_is_no_hit_even_for_an_empty_id() -> None:
    assert lists.recall(table(["", ""]), [frozenset([""])], 2) == 0.0


def test_ndcg_is_one_for_the_ideal_order_and_discounts_by_rank() -> None:
    assert lists.ndcg(table(["a", "b", "x"]), [frozenset("ab")], 3) == 1.0
    assert lists.ndcg(table(["x", "a"]), [frozenset("a")], 2) == pytest.approx(1 / math.log2(3))


def test_ndcg_ideal_is_no_longer_than_k() -> None:
    assert lists.ndcg(table(["a"]), [frozenset("abc")], 1) == 1.0


def test_lists_shorter_than_k_are_taken_as_they_are() -> None:
    assert lists.ndcg(table(["a"]), [frozenset("a")], 10) == 1.0
    assert lists.recall(table(["a"]), [frozenset("a")], 10) == 1.0


def test_coverage_counts_distinct_items_of_the_catalogue() -> None:
    shown = table(["a", "b"], ["a", ""])
    assert lists.coverage(shown, 2, 4) == 0.5
    assert lists.coverage(shown, 1, 4) == 0.25


def test_gini_is_zero_when_all_items_are_shown_alike_and_high_when_one_is() -> None:
    assert lists.gini(table(["a"], ["b"]), 1, 2) == 0.0
    assert lists.gini(table(["a"], ["a"]), 1, 4) == 0.75


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=3, max_size=3, unique=True), min_size=1, max_size=5))
def test_figures_lie_between_zero_and_one_and_recall_grows_with_k(rows: list[list[str]]) -> None:
    relevant = [frozenset("ae")] * len(rows)
    found = lists.figures(table(*rows), relevant, (1, 2, 3), 5)
    assert all(0.0 <= value <= 1.0 for value in found.values())
    assert found["recall@1"] <= found["recall@2"] <= found["recall@3"]
    assert found["coverage@1"] <= found["coverage@3"]


def test_segments_divide_the_catalogue() -> None:
    responses = np.array(["a"] * 5 + ["b"] * 3 + ["c"] * 2, dtype=object)
    found = item_segments(responses, np.array(["a", "b", "c", "d"], dtype=object))
    assert found == {"head": {"a"}, "tail": {"b", "c"}, "new": {"d"}}


def test_without_responses_every_item_is_new() -> None:
    found = item_segments(np.array([], dtype=object), np.array(["a"], dtype=object))
    assert found == {"head": frozenset(), "tail": frozenset(), "new": frozenset("a")}
