from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serving.stages.merge import merge
from surfaces.surface import Source

ITEMS = st.lists(st.sampled_from("abcdefghij"), max_size=12, unique=True)


def test_ranks_alternate_between_sources_in_the_order_of_the_surface_file() -> None:
    merged = merge({"popular": ["x", "y"], "als": ["a", "b"]}, {"als": Source(), "popular": Source()}, 10)
    assert merged.items == ["a", "x", "b", "y"]
    assert merged.sources == [("als",), ("popular",), ("als",), ("popular",)]


def test_an_item_that_two_sources_bring_is_listed_once_above_what_one_alone_brings() -> None:
    merged = merge({"als": ["a", "b"], "popular": ["c", "b"]}, {"als": Source(), "popular": Source()}, 10)
    assert merged.items == ["b", "a", "c"]
    assert merged.sources[0] == ("als", "popular")
    assert merged.duplicates == 1


def test_scores_are_the_sums_of_reciprocal_ranks() -> None:
    merged = merge({"als": ["a", "b"], "popular": ["b"]}, {"als": Source(), "popular": Source()}, 10)
    assert dict(zip(merged.items, merged.scores, strict=True)) == {"a": 1 / 60, "b": 1 / 61 + 1 / 60}


def test_the_promised_share_is_kept_even_of_a_source_that_the_limit_would_cut() -> None:
    offers = {"als": [f"a{n}" for n in range(50)], "two_tower": [f"a{n}" for n in range(50)], "popular": ["p0", "p1"]}
    quotas = {"als": Source(max_quota=50), "two_tower": Source(max_quota=50), "popular": Source(min_quota=1)}
    merged = merge(offers, quotas, 10)
    assert merged.items == [*(f"a{n}" for n in range(9)), "p0"]
    assert merged.cut == 42


def test_a_source_never_brings_more_than_its_quota_even_where_room_is_left() -> None:
    assert merge({"als": ["a", "b", "c"]}, {"als": Source(max_quota=2)}, 10).items == ["a", "b"]


def test_padding_is_no_item_but_row_zero_is_one() -> None:
    assert merge({"als": ["a", ""]}, {"als": Source()}, 10).items == ["a"]
    assert merge({"als": np.array([0, 3]).tolist()}, {"als": Source()}, 10).items == [0, 3]


def test_no_offers_make_no_candidates() -> None:
    assert merge({}, {"als": Source(), "popular": Source(min_quota=5)}, 10).items == []


@given(ITEMS, ITEMS, st.integers(0, 5), st.integers(1, 8), st.integers(1, 12))
def test_quotas_limit_and_distinctness_hold_for_any_offer(
    first: list[str], second: list[str], least: int, most: int, limit: int
) -> None:
    offers = {"als": first, "popular": second}
    quotas = {"als": Source(max_quota=most), "popular": Source(min_quota=min(least, most), max_quota=most)}
    merged = merge(offers, quotas, limit)
    assert len(set(merged.items)) == len(merged) <= limit
    assert len(merged) + merged.cut + merged.duplicates == len(first[:most]) + len(second[:most])
    assert merged.scores == sorted(merged.scores, reverse=True)
    promised = second[: min(least, most)]
    assert set(promised) <= set(merged.items) or len(promised) > limit
    for item, sources in zip(merged.items, merged.sources, strict=True):
        assert sources == tuple(name for name, offered in offers.items() if item in offered[:most])
