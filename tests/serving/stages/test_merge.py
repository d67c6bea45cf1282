from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serving.release.catalogue import Rows
from serving.stages.merge import Brought, merge
from surfaces.surface import Source

ITEMS = st.lists(st.integers(0, 9), max_size=12, unique=True)


def rows(*listed: int) -> Rows:
    return np.array(listed, dtype=np.int64)


def test_ranks_alternate_between_sources_in_the_order_of_the_surface_file() -> None:
    merged = merge({"popular": rows(7, 8), "als": rows(1, 2)}, {"als": Source(), "popular": Source()}, 10)
    assert merged.rows.tolist() == [1, 7, 2, 8]
    assert list(merged.brought) == [("als",), ("popular",), ("als",), ("popular",)]


def test_an_item_that_two_sources_bring_is_listed_once_above_what_one_alone_brings() -> None:
    merged = merge({"als": rows(1, 2), "popular": rows(3, 2)}, {"als": Source(), "popular": Source()}, 10)
    assert merged.rows.tolist() == [2, 1, 3]
    assert merged.brought[0] == ("als", "popular")
    assert merged.duplicates == 1


def test_scores_are_the_sums_of_reciprocal_ranks() -> None:
    merged = merge({"als": rows(1, 2), "popular": rows(2)}, {"als": Source(), "popular": Source()}, 10)
    assert merged.rows.tolist() == [2, 1]
    assert merged.scores.tolist() == np.array([1 / 61 + 1 / 60, 1 / 60], np.float32).tolist()


def test_the_promised_share_is_kept_even_of_a_source_that_the_limit_would_cut() -> None:
    offers = {"als": np.arange(50), "two_tower": np.arange(50), "popular": rows(90, 91)}
    quotas = {"als": Source(max_quota=50), "two_tower": Source(max_quota=50), "popular": Source(min_quota=1)}
    merged = merge(offers, quotas, 10)
    assert merged.rows.tolist() == [*range(9), 90]
    assert merged.cut == 42


def test_a_source_never_brings_more_than_its_quota_even_where_room_is_left() -> None:
    assert merge({"als": rows(1, 2, 3)}, {"als": Source(max_quota=2)}, 10).rows.tolist() == [1, 2]


def test_a_negative_row_is_no_item_but_row_zero_is_one() -> None:
    assert merge({"als": rows(3, -1, 0)}, {"als": Source()}, 10).rows.tolist() == [3, 0]


def test_no_offers_make_no_candidates() -> None:
    assert len(merge({}, {"als": Source(), "popular": Source(min_quota=5)}, 10)) == 0


def test_the_first_source_that_brought_an_item_is_the_one_it_counts_for() -> None:
    brought = Brought(["als", "popular"], np.array([[True, True], [False, True], [True, False]]))
    assert brought.first("als").tolist() == [True, False, True]
    assert brought.first("popular").tolist() == [False, True, False]
    assert not brought.first("two_tower").any()
    assert list(brought[1:]) == [("popular",), ("als",)]


@given(ITEMS, ITEMS, st.integers(0, 5), st.integers(1, 8), st.integers(1, 12))
def test_quotas_limit_and_distinctness_hold_for_any_offer(
    first: list[int], second: list[int], least: int, most: int, limit: int
) -> None:
    offers = {"als": rows(*first), "popular": rows(*second)}
    quotas = {"als": Source(max_quota=most), "popular": Source(min_quota=min(least, most), max_quota=most)}
    merged = merge(offers, quotas, limit)
    found = merged.rows.tolist()
    assert len(set(found)) == len(found) <= limit
    assert len(found) + merged.cut + merged.duplicates == len(first[:most]) + len(second[:most])
    assert merged.scores.tolist() == sorted(merged.scores.tolist(), reverse=True)
    promised = second[: min(least, most)]
    assert set(promised) <= set(found) or len(promised) > limit
    for item, sources in zip(found, merged.brought, strict=True):
        assert sources == tuple(name for name, offered in offers.items() if item in offered[:most])
