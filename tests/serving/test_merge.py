from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from serving.merge import merge
from surfaces.surface import Source

ITEMS = st.lists(st.sampled_from([*"abcdefghij", ""]), max_size=12)


def test_sources_take_turns_in_the_order_of_the_surface_file() -> None:
    merged = merge({"popular": ["x", "y"], "als": ["a", "b"]}, {"als": Source(), "popular": Source()}, 10)
    assert merged.items == ["a", "x", "b", "y"]
    assert merged.sources == ["als", "popular", "als", "popular"]


def test_an_item_is_listed_once_under_the_source_that_placed_it_first() -> None:
    merged = merge({"als": ["a", "b"], "popular": ["a", "c"]}, {"als": Source(), "popular": Source()}, 10)
    assert dict(zip(merged.items, merged.sources, strict=True)) == {"a": "als", "c": "popular", "b": "als"}


def test_the_guaranteed_share_is_kept_even_by_the_last_source() -> None:
    offers = {"als": [f"a{n}" for n in range(50)], "popular": [f"p{n}" for n in range(50)]}
    merged = merge(offers, {"als": Source(max_quota=50), "popular": Source(min_quota=4, max_quota=5)}, 10)
    assert merged.sources.count("popular") == 5
    assert len(merged) == 10


def test_a_source_never_exceeds_its_quota_even_where_room_is_left() -> None:
    merged = merge({"als": ["a", "b", "c"]}, {"als": Source(max_quota=2)}, 10)
    assert merged.items == ["a", "b"]


def test_no_offers_make_no_candidates() -> None:
    assert merge({}, {"als": Source(), "popular": Source(min_quota=5)}, 10).items == []


@given(ITEMS, ITEMS, st.integers(0, 5), st.integers(1, 8), st.integers(0, 12))
def test_quotas_total_and_distinctness_hold_for_any_offer(
    first: list[str], second: list[str], least: int, most: int, total: int
) -> None:
    offers = {"als": first, "popular": second}
    sources = {"als": Source(max_quota=most), "popular": Source(min_quota=min(least, most), max_quota=most)}
    merged = merge(offers, sources, total)
    assert len(set(merged.items)) == len(merged) <= total
    assert "" not in merged.items
    for name, items in offers.items():
        placed = [item for item, source in zip(merged.items, merged.sources, strict=True) if source == name]
        assert len(placed) <= sources[name].max_quota
        assert [item for item in dict.fromkeys(items) if item in placed] == placed
