"""Each rule of a slate on pools whose right answer is obvious."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.slate.pool import RANKED, RESERVE
from surfaces.slate import Slate
from tests.serving.slate.pools import drawn, pool_of, shown

ALONE = list(range(100, 112))
"""Creators that each have one item."""


def slate(**keys: Any) -> Slate:
    return Slate.model_validate(keys)


def test_a_creator_at_its_cap_is_not_eligible_any_more() -> None:
    found = drawn(pool_of([7, 7, 7, 8, 9]), slate(max_per_creator=2), 4)
    assert shown(found) == [0, 1, 3, 4]
    assert [one.eligible for one in found] == [5, 4, 2, 1]


def test_both_caps_hold_together() -> None:
    pool = pool_of([0, 0, 1, 1, 2], topics=[5, 6, 5, 6, 7])
    assert shown(drawn(pool, slate(max_per_creator=1, max_per_topic=1), 3)) == [0, 3, 4]


def test_an_unknown_creator_is_capped_by_no_rule() -> None:
    pool = pool_of([-1, -1, -1])
    assert shown(drawn(pool, slate(max_per_creator=1, creator_gap=2), 3)) == [0, 1, 2]


def test_a_creator_does_not_stand_twice_within_the_gap() -> None:
    pool = pool_of([0, 0, 0, 1, 1, 2])
    assert shown(drawn(pool, slate(creator_gap=1), 5)) == [0, 3, 1, 4, 2]
    assert shown(drawn(pool, slate(creator_gap=2), 4)) == [0, 3, 5, 1]


def test_a_mix_has_its_most_and_its_least() -> None:
    pool = pool_of(ALONE[:8], members={"mix topic:a": [0, 1, 2, 3], "mix topic:z": [6, 7]})
    mix = [{"label": "topic:a", "most": 2}, {"label": "topic:z", "least": 1}]
    assert shown(drawn(pool, slate(size=4, mix=mix), 4)) == [0, 1, 4, 6]
    shares = [{"label": "topic:a", "most_share": 0.25}, {"label": "topic:z", "least_share": 0.5}]
    assert shown(drawn(pool, slate(size=4, mix=shares), 4)) == [0, 4, 6, 7]


def test_a_source_has_its_share() -> None:
    pool = pool_of(ALONE[:6], members={"sources popular": [0, 1, 2]})
    assert shown(drawn(pool, slate(sources={"popular": {"most_share": 0.5}}), 4)) == [0, 1, 3, 4]


def test_sponsored_items_stand_apart_and_weak_ones_nowhere() -> None:
    members = {"sponsored": [0, 1, 2, 3]}
    found = drawn(pool_of(ALONE[:9], members=members), slate(sponsored={"one_in": 3}), 7)
    assert shown(found) == [0, 4, 5, 1, 6, 7, 2]
    weak = {"sponsored": np.isin(np.arange(9), [0, 2])}
    found = drawn(pool_of(ALONE[:9], members=members, barred=weak), slate(sponsored={"one_in": 3}), 4)
    assert shown(found) == [1, 4, 5, 3]


def test_sponsorship_never_gives_way_unless_the_surface_says_so() -> None:
    pool = pool_of(ALONE[:2], members={"sponsored": [0, 1]})
    assert shown(drawn(pool, slate(sponsored={"one_in": 2}), 2)) == [0]
    relaxed = drawn(pool, slate(sponsored={"one_in": 2}, relax=["sponsored"]), 2)
    assert [one.relaxed for one in relaxed] == [(), ("sponsored",)]


def test_slots_are_kept_for_minimums_and_one_item_may_count_for_several() -> None:
    rules = {"fresh": {"least": 2, "within": "2d"}, "new_creators": {"least": 1, "within": "7d"}}
    apart = {"fresh": [6, 7], "new_creators": [8]}
    assert shown(drawn(pool_of(ALONE[:9], members=apart), slate(size=5, **rules), 5)) == [0, 1, 6, 7, 8]
    both = {"fresh": [6, 7], "new_creators": [7, 8]}
    assert shown(drawn(pool_of(ALONE[:9], members=both), slate(size=5, **rules), 5)) == [0, 1, 6, 7, 2]


def test_a_minimum_shrinks_with_the_slate() -> None:
    pool = pool_of(ALONE[:9], members={"fresh": [6, 7, 8]})
    rules = slate(size=6, fresh={"least": 3, "within": "2d"})
    assert [sum(index > 5 for index in shown(drawn(pool, rules, size))) for size in (1, 2, 3, 6, 7)] == [0, 1, 1, 3, 3]


def test_a_minimum_is_met_from_the_reserve_before_it_gives_way_as_far_as_it_must() -> None:
    rules = slate(size=4, fresh={"least": 2, "within": "2d"})
    tiers = [RANKED] * 5 + [RESERVE]
    found = drawn(pool_of(ALONE[:6], tiers=tiers, members={"fresh": [5]}), rules, 4)
    assert shown(found) == [0, 1, 5, 2]
    assert [one.relaxed for one in found] == [(), (), (), ("fresh",)]
    found = drawn(pool_of(ALONE[:6], tiers=tiers, members={"fresh": []}), rules, 4)
    assert [one.relaxed for one in found] == [(), (), ("fresh",), ("fresh",)]


def test_what_has_no_supply_left_gives_way_first() -> None:
    pool = pool_of(ALONE[:3], barred={"supply": np.array([True, False, False])})
    rules = slate(supply=[{"feature": "item_log_impressions_1", "most": 5.0}])
    found = drawn(pool, rules, 3)
    assert shown(found) == [1, 2, 0]
    assert found[2].relaxed == ("supply",)


@pytest.mark.parametrize("size", [1, 4, 8])
@given(data=st.data())
def test_no_rule_is_broken_unsaid_in_any_pool(size: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 16))
    codes = st.lists(st.integers(-1, 3), min_size=n, max_size=n)
    kinds = st.lists(st.integers(0, n), max_size=n)
    members = {name: data.draw(kinds) for name in ("fresh", "new_creators", "sponsored", "mix topic:a")}
    pool = pool_of(data.draw(codes), data.draw(codes), members=members)
    rules = slate(
        size=8,
        epsilon=0.5,
        max_per_creator=2,
        creator_gap=1,
        sponsored={"one_in": 3},
        fresh={"least": 2, "within": "1d"},
        new_creators={"least": 1, "within": "1d"},
        mix=[{"label": "topic:a", "least": 1, "most": 4}],
        relax=["mix", "fresh", "new_creators", "creator_gap", "max_per_creator", "sponsored", "seen"],
    )
    found = drawn(pool, rules, size, data.draw(st.text(min_size=1, max_size=3)))
    items = shown(found)
    assert len(found) == len(set(items)) == min(size, n)
    for place, one in enumerate(found):
        above, creator = items[:place], pool.creators[one.index]
        broken = {
            "max_per_creator": creator >= 0 and (pool.creators[above] == creator).sum() >= 2,
            "creator_gap": creator >= 0 and place > 0 and pool.creators[above[-1]] == creator,
            "sponsored": pool.members["sponsored"][one.index] and pool.members["sponsored"][above[-2:]].any(),
        }
        for name, fault in broken.items():
            assert bool(fault) == (name in one.relaxed)
    if len(found) == size:
        for kind, least in rules.minimums(size).items():
            lacking = least - int(pool.members[kind][items].sum())
            assert lacking <= sum(kind.split()[0] in one.relaxed for one in found)
