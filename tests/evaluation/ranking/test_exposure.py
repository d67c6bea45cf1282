from __future__ import annotations

import math

import numpy as np
import pytest

from evaluation import ranking

CATALOGUE = np.array(["a", "b", "c", "d"], dtype=object)
LISTS = np.array([["a", "b", ""], ["c", "a", "elsewhere"], ["", "", ""]], dtype=object)
SHOWN = ranking.rows_in(LISTS, CATALOGUE)


def test_rows_name_what_is_in_the_catalogue_and_nothing_else() -> None:
    assert SHOWN.tolist() == [[0, 1, -1], [2, 0, -1], [-1, -1, -1]]


def test_entropy_is_that_of_a_fair_die_and_of_certainty() -> None:
    assert ranking.entropy(np.full(8, 3)) == pytest.approx(3.0)
    assert ranking.entropy(np.array([0, 7, 0])) == 0.0
    assert math.isnan(ranking.entropy(np.zeros(3)))


def test_novelty_is_the_mean_surprise_of_a_list_and_the_unknown_surprises_most() -> None:
    found = ranking.novelty(SHOWN, np.array([11, 3, 0, 2]))  # with one more each: 12, 4, 1, 3 of 20
    assert found[0] == pytest.approx((-math.log2(12 / 20) - math.log2(4 / 20)) / 2)
    assert found[1] == pytest.approx((-math.log2(1 / 20) - math.log2(12 / 20)) / 2)
    assert math.isnan(found[2])


def test_a_list_of_one_thing_has_no_distance_and_one_of_opposites_all() -> None:
    content = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [np.nan, np.nan]])
    found = ranking.intra_list_distance(np.array([[0, 2, -1], [0, 1, -1], [0, 1, 2], [0, 3, -1]]), content)
    assert found[:3] == pytest.approx([0.0, 1.0, 2 / 3])
    assert math.isnan(found[3]), "an item without a vector makes no pair"


def test_topics_differ_pair_by_pair() -> None:
    topics = np.array(["red", "red", "blue", ""], dtype=object)
    found = ranking.topic_distance(np.array([[0, 1, 2], [0, 1, 3]]), topics)
    assert found == pytest.approx([2 / 3, 0.0])


def test_shares_of_new_items_and_of_creators_that_have_nothing_else() -> None:
    new = np.array([True, False, True, True])
    assert ranking.share_of(SHOWN, new)[:2] == pytest.approx([0.5, 1.0])
    assert math.isnan(ranking.share_of(SHOWN, new)[2])
    creators = np.array(["x", "x", "y", ""], dtype=object)
    assert ranking.of_new_creators(creators, new).tolist() == [False, False, True, False]
