from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from serving.slate.draw import BACKFILL, RANKED, RESERVE, SEEN, STRICT, Draw, Eligible, Level, Pool, draw, propensity
from surfaces.surface import Slate


def pool_of(creators: list[int], topics: list[int] | None = None, tiers: list[int] | None = None) -> Pool:
    n = len(creators)
    return Pool(
        items=np.arange(n, dtype=np.int64),
        creators=np.array(creators, dtype=np.int64),
        topics=np.array(topics if topics is not None else [-1] * n, dtype=np.int64),
        tiers=np.array(tiers if tiers is not None else [RANKED] * n, dtype=np.int64),
    )


def shown(drawn: list[Draw]) -> list[int]:
    return [one.index for one in drawn]


def test_without_exploration_the_best_stand_in_order_with_certainty() -> None:
    drawn = draw(pool_of([0, 1, 2, 3]), Slate(), 3, "r", STRICT)
    assert shown(drawn) == [0, 1, 2]
    assert [one.propensity for one in drawn] == [1.0, 1.0, 1.0]
    assert [one.eligible for one in drawn] == [4, 3, 2]


def test_a_creator_at_its_cap_is_not_eligible_any_more() -> None:
    drawn = draw(pool_of([7, 7, 7, 8, 9]), Slate(max_per_creator=2), 4, "r", STRICT)
    assert shown(drawn) == [0, 1, 3, 4]
    assert [one.eligible for one in drawn] == [5, 4, 2, 1]


def test_both_caps_hold_together() -> None:
    pool = pool_of([0, 0, 1, 1, 2], topics=[5, 6, 5, 6, 7])
    assert shown(draw(pool, Slate(max_per_creator=1, max_per_topic=1), 3, "r", STRICT)) == [0, 3, 4]


def test_an_unknown_creator_is_capped_by_no_rule() -> None:
    assert shown(draw(pool_of([-1, -1, -1]), Slate(max_per_creator=1), 3, "r", STRICT)) == [0, 1, 2]


def test_a_strict_slate_ends_where_no_item_is_eligible() -> None:
    assert len(draw(pool_of([0, 0, 0]), Slate(max_per_creator=1), 3, "r", STRICT)) == 1
    assert draw(pool_of([]), Slate(), 3, "r", BACKFILL) == []


def test_the_reserve_is_used_before_any_rule_gives_way() -> None:
    pool = pool_of([0, 0, 1], tiers=[RANKED, RANKED, RESERVE])
    drawn = draw(pool, Slate(max_per_creator=1), 2, "r", BACKFILL)
    assert shown(drawn) == [0, 2]
    assert [one.relaxed for one in drawn] == [(), ()]


def test_rules_give_way_in_their_order_and_only_those_that_were_broken_are_named() -> None:
    pool = pool_of([0, 0, 1, 2], topics=[5, 6, 5, 7], tiers=[RANKED, RANKED, RANKED, SEEN])
    drawn = draw(pool, Slate(max_per_creator=1, max_per_topic=1), 4, "r", BACKFILL)
    assert shown(drawn) == [0, 2, 1, 3]
    assert [one.relaxed for one in drawn] == [(), ("max_per_topic",), ("max_per_creator",), ("seen",)]


def test_what_was_drawn_before_the_backfill_is_drawn_again() -> None:
    few, slate = pool_of([0, 0, 1, 1]), Slate(epsilon=0.7, max_per_creator=1)
    more = pool_of([0, 0, 1, 1, 2, 3], tiers=[RANKED] * 4 + [RESERVE] * 2)
    for n in range(200):
        first = draw(few, slate, 4, f"r{n}", STRICT)
        again = draw(more, slate, 4, f"r{n}", BACKFILL)
        assert again[: len(first)] == first
        assert len(again) == 4


def test_the_same_request_id_draws_the_same_slate_and_another_explores_elsewhere() -> None:
    pool, slate = pool_of(list(range(50))), Slate(epsilon=0.5)
    assert draw(pool, slate, 10, "r1", STRICT) == draw(pool, slate, 10, "r1", STRICT)
    assert len({tuple(shown(draw(pool, slate, 10, f"r{n}", STRICT))) for n in range(20)}) == 20


@given(st.integers(1, 500), st.floats(0.0, 1.0))
def test_the_propensities_of_one_slot_sum_to_one(eligible: int, epsilon: float) -> None:
    total = propensity(True, eligible, epsilon) + (eligible - 1) * propensity(False, eligible, epsilon)
    assert total == pytest.approx(1.0, abs=1e-9)


@given(
    rows=st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3), st.integers(0, 2)), max_size=20),
    max_per_creator=st.integers(1, 3) | st.none(),
    max_per_topic=st.integers(1, 3) | st.none(),
    epsilon=st.floats(0.0, 1.0),
    size=st.integers(1, 12),
    request_id=st.text(min_size=1, max_size=4),
)
def test_no_slate_is_short_and_no_cap_is_broken_unsaid(
    *,
    rows: list[tuple[int, int, int]],
    max_per_creator: int | None,
    max_per_topic: int | None,
    epsilon: float,
    size: int,
    request_id: str,
) -> None:
    rows = sorted(rows, key=lambda row: row[2])
    pool = pool_of([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    slate = Slate(epsilon=epsilon, max_per_creator=max_per_creator, max_per_topic=max_per_topic)
    drawn = draw(pool, slate, size, request_id, BACKFILL)
    assert len(drawn) == len(set(shown(drawn))) == min(size, len(rows))
    caps = {"max_per_creator": (pool.creators, max_per_creator), "max_per_topic": (pool.topics, max_per_topic)}
    for place, one in enumerate(drawn):
        above = shown(drawn[:place])
        for rule, (codes, cap) in caps.items():
            code = codes[one.index]
            broken = cap is not None and code >= 0 and (codes[above] == code).sum() >= cap
            assert broken == (rule in one.relaxed)
        assert 0.0 < one.propensity <= 1.0 or epsilon == 0.0
        assert one.eligible >= 1


def test_eligible_is_what_the_propensity_was_computed_from() -> None:
    pool, slate = pool_of([0, 0, 1, 1, 2], topics=[5, 6, 5, 6, 7]), Slate(max_per_creator=1, epsilon=0.4)
    drawn = draw(pool, slate, 3, "r17", STRICT)
    eligible = Eligible(pool, slate)
    for one in drawn:
        mask = eligible.at(Level(RANKED))
        assert mask[one.index]
        assert mask.sum() == one.eligible
        assert one.propensity == propensity(one.index == np.flatnonzero(mask)[0], one.eligible, 0.4)
        eligible.take(one.index)


def test_frequencies_of_every_slot_are_the_stated_propensities() -> None:
    """Chi-square of 20,000 fixed requests: every (slot, items above) met often enough, Bonferroni at 1e-4."""
    pool = pool_of([0, 0, 1, 1, 2, 3], topics=[5, 6, 5, 6, 7, 7])
    slate = Slate(epsilon=0.5, max_per_creator=1, max_per_topic=2)
    stated: dict[tuple[int, ...], dict[int, float]] = {}
    counted: dict[tuple[int, ...], Counter[int]] = {}
    for n in range(20_000):
        above: tuple[int, ...] = ()
        for one in draw(pool, slate, 3, f"request {n}", STRICT):
            stated.setdefault(above, {})[one.index] = one.propensity
            counted.setdefault(above, Counter())[one.index] += 1
            above = (*above, one.index)
    tested = {above: count for above, count in counted.items() if count.total() >= 500}
    assert len(tested) >= 15
    for above, count in tested.items():
        assert sum(stated[above].values()) == pytest.approx(1.0, abs=1e-9)
        expected = [stated[above][index] * count.total() for index in count]
        assert stats.chisquare(list(count.values()), expected).pvalue > 1e-4 / len(tested)
