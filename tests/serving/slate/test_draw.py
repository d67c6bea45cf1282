from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from serving.slate.distributions import Plan, Turn, distribution
from serving.slate.draw import draw, pick
from serving.slate.pool import RANKED, RESERVE, SEEN
from serving.slate.relaxation import Level
from surfaces.slate import Slate
from tests.serving.slate.pools import drawn, pool_of, shown


def test_without_exploration_the_best_stand_in_order_with_certainty() -> None:
    found = drawn(pool_of([0, 1, 2, 3]), Slate(), 3)
    assert shown(found) == [0, 1, 2]
    assert [one.propensity for one in found] == [1.0, 1.0, 1.0]
    assert [one.eligible for one in found] == [4, 3, 2]
    assert {one.reason for one in found} == {"best"}


def test_a_slate_ends_where_no_item_is_left() -> None:
    assert shown(drawn(pool_of([0, 0, 0]), Slate(max_per_creator=1, relax=("seen",)), 3)) == [0]
    assert drawn(pool_of([]), Slate(), 3) == []


def test_the_reserve_is_used_before_any_rule_gives_way() -> None:
    pool = pool_of([0, 0, 1], tiers=[RANKED, RANKED, RESERVE])
    found = drawn(pool, Slate(max_per_creator=1), 2)
    assert shown(found) == [0, 2]
    assert [one.relaxed for one in found] == [(), ()]
    assert found[1].reason == "best of the reserve"


def test_rules_give_way_in_their_order_and_only_those_that_were_broken_are_named() -> None:
    pool = pool_of([0, 0, 1, 2], topics=[5, 6, 5, 7], tiers=[RANKED, RANKED, RANKED, SEEN])
    found = drawn(pool, Slate(max_per_creator=1, max_per_topic=1), 4)
    assert shown(found) == [0, 2, 1, 3]
    assert [one.relaxed for one in found] == [(), ("max_per_topic",), ("max_per_creator",), ("seen",)]


def test_the_surface_says_what_gives_way_first() -> None:
    pool = pool_of([0, 0, 1], topics=[5, 6, 5])
    slate = Slate(max_per_creator=1, max_per_topic=1, relax=("max_per_creator", "max_per_topic"))
    found = drawn(pool, slate, 2)
    assert (shown(found), found[1].relaxed) == ([0, 1], ("max_per_creator",))


def test_a_reserve_is_asked_for_only_when_the_slate_would_stay_short() -> None:
    few = pool_of([0, 0, 1, 1])
    more = pool_of([0, 0, 1, 1, 2, 3], tiers=[RANKED] * 4 + [RESERVE] * 2)
    slate = Slate.model_validate({"epsilon": 0.7, "max_per_creator": 1})
    asked: list[int] = []

    def reserve() -> object:
        asked.append(1)
        return more

    for n in range(200):
        pool, found = draw(few, Plan.of(slate, 2), f"r{n}", [reserve])  # type: ignore[list-item]
        assert pool is few
    assert not asked
    for n in range(200):
        short = drawn(few, slate, 2, f"r{n}")
        pool, found = draw(few, Plan.of(slate, 4), f"r{n}", [reserve])  # type: ignore[list-item]
        assert pool is more
        assert len(found) == 4
        assert [one.index for one in found[:2]] == [one.index for one in short]
        assert found == draw(more, Plan.of(slate, 4), f"r{n}")[1]


def test_the_same_request_id_draws_the_same_slate_and_another_explores_elsewhere() -> None:
    pool, slate = pool_of(list(range(50))), Slate.model_validate({"epsilon": 0.5})
    assert drawn(pool, slate, 10, "r1") == drawn(pool, slate, 10, "r1")
    assert len({tuple(shown(drawn(pool, slate, 10, f"r{n}"))) for n in range(20)}) == 20


def test_slots_kept_for_exploration_are_uniform_and_say_so() -> None:
    pool, slate = pool_of([0, 1, 2, 3, 4]), Slate.model_validate({"exploration": {"reserved": [1]}})
    found = [drawn(pool, slate, 3, f"r{n}") for n in range(50)]
    assert {one[1].propensity for one in found} == {0.25}
    assert len({one[1].index for one in found}) == 4
    assert all(one[1].explored and one[1].reason == "slot kept for exploration" for one in found)
    assert all(not one[0].explored and one[0].propensity == 1.0 for one in found)


def test_what_is_below_the_floor_is_never_explored_but_may_be_the_best() -> None:
    pool = pool_of([0, 1, 2, 3], explorable=np.array([False, True, True, False]))
    slate = Slate.model_validate({"epsilon": 0.5})
    indices, probabilities = distribution(pool, Plan.of(slate), [])
    assert indices.tolist() == [0, 1, 2, 3]
    assert probabilities.tolist() == [0.5, 0.25, 0.25, 0.0]
    indices, probabilities = distribution(pool, Plan.of(slate), [1, 2])
    assert dict(zip(indices.tolist(), probabilities.tolist(), strict=True)) == {0: 1.0, 3: 0.0}


def test_luck_falls_on_an_item_with_its_probability_and_never_on_one_without() -> None:
    turn = Turn(np.arange(4), np.array([0.25, 0.0, 0.75, 0.0]), 2, False, Level(RANKED))
    assert [pick(turn, luck) for luck in (0.0, 0.2499, 0.25, 0.9999999999)] == [0, 0, 2, 2]
    short = Turn(np.arange(3), np.array([0.5, 0.5 - 1e-9, 0.0]), 0, False, Level(RANKED))
    assert pick(short, 1.0 - 1e-12) == 1


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
    slate = Slate.model_validate(
        {"epsilon": epsilon, "max_per_creator": max_per_creator, "max_per_topic": max_per_topic}
    )
    found = drawn(pool, slate, size, request_id)
    assert len(found) == len(set(shown(found))) == min(size, len(rows))
    caps = {"max_per_creator": (pool.creators, max_per_creator), "max_per_topic": (pool.topics, max_per_topic)}
    for place, one in enumerate(found):
        above = shown(found[:place])
        for rule, (codes, cap) in caps.items():
            code = codes[one.index]
            broken = cap is not None and code >= 0 and (codes[above] == code).sum() >= cap
            assert broken == (rule in one.relaxed)
        assert 0.0 < one.propensity <= 1.0
        assert one.eligible >= 1


@given(st.integers(0, 10**6))
def test_the_propensity_is_that_of_the_stated_distribution(n: int) -> None:
    pool = pool_of([0, 0, 1, 1, 2], topics=[5, 6, 5, 6, 7])
    plan = Plan.of(Slate.model_validate({"max_per_creator": 1, "epsilon": 0.4}), 3)
    _, found = draw(pool, plan, f"r{n}")
    for place, one in enumerate(found):
        indices, probabilities = distribution(pool, plan, shown(found[:place]))
        assert probabilities.sum() == pytest.approx(1.0, abs=1e-9)
        assert len(indices) == one.eligible
        assert probabilities[indices.tolist().index(one.index)] == one.propensity


def test_frequencies_of_every_slot_are_the_stated_propensities() -> None:
    """Chi-square of 20,000 fixed requests: every (slot, items above) met often enough, Bonferroni at 1e-4."""
    pool = pool_of([0, 0, 1, 1, 2, 3], topics=[5, 6, 5, 6, 7, 7])
    slate = Slate.model_validate({"epsilon": 0.5, "max_per_creator": 1, "max_per_topic": 2})
    counted: dict[tuple[int, ...], Counter[int]] = {}
    for n in range(20_000):
        above: tuple[int, ...] = ()
        for one in drawn(pool, slate, 3, f"request {n}"):
            counted.setdefault(above, Counter())[one.index] += 1
            above = (*above, one.index)
    tested = {above: count for above, count in counted.items() if count.total() >= 500}
    assert len(tested) >= 15
    for above, count in tested.items():
        indices, probabilities = distribution(pool, Plan.of(slate, 3), above)
        expected = probabilities * count.total()
        found = [count[index] for index in indices.tolist()]
        assert stats.chisquare(found, expected).pvalue > 1e-4 / len(tested)
