"""A broken assignment is seen, a sound one almost never called broken."""

from __future__ import annotations

import pytest
from scipy import stats

from evaluation.experiments.assignment import FALSE_ALARMS, check_assignment
from schemas.errors import UserError


def test_an_even_split_is_sound() -> None:
    found = check_assignment({"a": 5010, "b": 4990})
    assert found.sound
    assert "a 5,010 (50.1% of units, meant 50.0%)" in str(found)


def test_a_famous_mismatch_is_found() -> None:
    """821,588 against 815,482 users, meant to be equal: p 1.8e-6 (Kohavi, Tang, Xu 2020, chapter 21)."""
    found = check_assignment({"control": 821_588, "treatment": 815_482})
    assert found.p == pytest.approx(1.8e-6, rel=0.05)
    assert not found.sound


def test_two_arms_are_tested_exactly_and_more_by_chi_squared() -> None:
    shares = {"a": 0.9, "b": 0.1}
    assert check_assignment({"a": 880, "b": 120}, shares).p == stats.binomtest(120, 1000, 0.1).pvalue
    three = check_assignment({"a": 30, "b": 50, "c": 40}, {"a": 1, "b": 1, "c": 1})
    assert three.p == pytest.approx(stats.chisquare([30, 50, 40]).pvalue)


@pytest.mark.parametrize(("n", "share"), [(200, 0.5), (5000, 0.5), (5000, 0.1)])
def test_false_alarms_are_as_rare_as_set(n: int, share: float) -> None:
    """Summed over every split that can happen, near enough to the edge to matter."""
    split = stats.binom(n, share)
    edge = range(int(split.ppf(1e-8)), int(split.isf(1e-8)) + 1)
    alarms = sum(
        split.pmf(k) for k in edge if not check_assignment({"a": n - k, "b": k}, {"a": 1 - share, "b": share}).sound
    )
    assert 0.4 * FALSE_ALARMS < alarms <= FALSE_ALARMS


def test_arms_that_were_meant_to_be_empty_are_told() -> None:
    with pytest.raises(UserError, match="share of arm 'b': found 0"):
        check_assignment({"a": 10, "b": 10}, {"a": 1.0})
    with pytest.raises(UserError, match="units in 1 arms"):
        check_assignment({"a": 10})
    with pytest.raises(UserError, match="needs two arms with units"):
        check_assignment({"a": 0, "b": 0})


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_of_two_arms_that_are_sound_at_most_one_in_a_thousand_is_called_broken(share: float) -> None:
    """Exactly: the probability of all counts that raise the alarm, which discrete counts keep a little below."""
    n = 1000
    alarms = [k for k in range(n + 1) if not check_assignment({"a": n - k, "b": k}, {"a": 1 - share, "b": share}).sound]
    probability = float(stats.binom.pmf(alarms, n, share).sum())
    assert 0.7 * FALSE_ALARMS < probability <= FALSE_ALARMS
