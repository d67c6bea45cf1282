"""Interleaving: both teams pick fairly, and credit goes to who earned it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluation.interleaving import agreement, credit, preference, requests_needed, sensitivity, team_draft
from schemas.errors import UserError

LISTS = st.lists(st.integers(0, 15), max_size=12, unique=True)


def test_teams_pick_in_turn_what_is_not_shown_yet() -> None:
    found = team_draft("abcd", "bacd", 4, lambda turn: turn == 0)
    assert found.items == ("a", "b", "c", "d")
    assert found.teams == ("a", "b", "b", "a")


def test_a_team_with_nothing_left_passes() -> None:
    found = team_draft("ab", "axyz", 10, lambda _: True)
    assert found.items == ("a", "x", "b", "y", "z")
    assert found.teams == ("a", "b", "a", "b", "b")
    assert team_draft("", "", 3, lambda _: True).items == ()


def test_rules_of_the_slate_hold() -> None:
    def alternates(above: Sequence[int], item: int) -> bool:
        return not above or (above[-1] + item) % 2 == 1

    found = team_draft([2, 4, 1, 3], [4, 2, 3, 1], 4, lambda _: True, alternates)
    assert found.items == (2, 3, 4, 1)


@given(a=LISTS, b=LISTS, size=st.integers(1, 12), coins=st.integers(0, 2**12 - 1))
def test_a_draft_is_a_slate_of_both(a: list[int], b: list[int], size: int, coins: int) -> None:
    found = team_draft(a, b, size, lambda turn: bool(coins >> turn & 1))
    assert len(set(found.items)) == len(found.items) == min(size, len({*a, *b}))
    for item, team in zip(found.items, found.teams, strict=True):
        assert item in (a if team == "a" else b)
    full = min(len(a), len(b)) >= 2 * size
    assert not full or abs(found.teams.count("a") - found.teams.count("b")) <= 1


@given(ranked=st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True), size=st.integers(1, 12))
def test_a_ranker_against_itself_is_itself(ranked: list[int], size: int) -> None:
    assert team_draft(ranked, ranked, size, lambda turn: turn % 3 == 0).items == tuple(ranked[:size])


def test_a_ranker_against_itself_earns_nothing_on_average() -> None:
    """Both coins together: every slot is either team's once, so what the slots earn cancels."""
    earned = [5.0, 3.0, 2.0, 1.0]
    both = [
        credit(team_draft("abcd", "abcd", 4, lambda _, first=first: first).teams, earned) for first in (True, False)
    ]
    assert sum(both) == 0.0


def test_credit_is_what_b_earned_more() -> None:
    assert credit(("a", "b", "b"), (1.0, 2.0, 3.0)) == 4.0
    with pytest.raises(ValueError, match="2 values for 3 slots"):
        credit(("a", "b", "b"), (1.0, 2.0))


def test_of_users_with_one_request_each_the_preference_is_a_t_test() -> None:
    credits = np.random.default_rng(0).normal(0.1, 1, 200)
    found, theirs = preference(credits, np.arange(200)), stats.ttest_1samp(credits, 0.0)
    interval = theirs.confidence_interval(0.95)
    assert (found.value, found.p) == pytest.approx((credits.mean(), theirs.pvalue), rel=1e-9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_requests_of_one_user_are_not_independent() -> None:
    credits = np.random.default_rng(1).normal(0.1, 1, 100)
    once = preference(credits, np.arange(100))
    twice = preference(np.repeat(credits, 2), np.repeat(np.arange(100), 2))
    assert (twice.value, twice.error) == pytest.approx((once.value, once.error))
    assert (twice.requests, twice.users) == (200, 100)


def test_the_requests_needed_give_the_power_asked_for() -> None:
    needed = requests_needed(0.1, 1.0, power=0.9, alpha=0.01)
    assert stats.norm.sf(stats.norm.isf(0.005) - 0.1 * np.sqrt(needed)) == pytest.approx(0.9, abs=2e-3)
    assert agreement(0.1, 1.0, 0.0) == 0.5
    assert agreement(-0.1, 1.0, 400) == pytest.approx(stats.norm.cdf(2))


def test_what_users_have_in_common_costs_an_ab_test_and_not_interleaving() -> None:
    """Users earn around means of their own, ten times the difference between the rankers."""
    rng = np.random.default_rng(2)
    user = np.repeat(np.arange(500), 4)
    mean = 10 * rng.normal(size=500)[user]
    a, b = (mean + better + rng.normal(size=2000) for better in (0.0, 1.0))
    found = sensitivity((1.0 + rng.normal(size=2000), user), (a, user), (b, user))
    assert found.times > 50


def test_what_cannot_be_told_is_told() -> None:
    with pytest.raises(UserError, match="nothing was earned on 3 interleaved slates"):
        preference(np.zeros(3), np.arange(3))
    for credits, user in ((np.ones(3), np.zeros(3, np.int64)), (np.zeros(0), np.zeros(0, np.int64))):
        with pytest.raises(UserError, match="a comparison needs two users at least"):
            preference(credits, user)
    with pytest.raises(UserError, match="no number of requests"):
        requests_needed(0.0, 1.0)
