"""The logged propensity is the probability of the draw: against a naive computation and against frequencies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds.shorts import policy
from worlds.shorts.config import SLATE


def _candidates(scores: np.ndarray, alive: np.ndarray) -> policy.Candidates:
    requests, count = scores.shape
    return policy.Candidates(
        item=np.tile(np.arange(count), (requests, 1)),
        source=np.zeros(count, dtype=np.int64),
        rank=np.arange(count),
        score=scores,
        alive=alive,
    )


def _naive(scores: np.ndarray, alive: np.ndarray, shown: list[int]) -> list[float]:
    left = {item for item in range(len(scores)) if alive[item]}
    chances = []
    for item in shown:
        total = sum(np.exp(scores[one]) for one in left)
        chances.append((1 - policy.EXPLORE) * np.exp(scores[item]) / total + policy.EXPLORE / len(left))
        left.remove(item)
    return chances


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(SLATE, 40))
def test_propensities_are_those_of_a_draw_slot_by_slot(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(3, count + 5)) * 2
    alive = np.ones_like(scores, dtype=bool)
    alive[:, rng.choice(count + 5, 5, replace=False)] = False
    slates = policy.draw(_candidates(scores, alive), rng)
    for row in range(3):
        shown = slates.item[row].tolist()
        assert len(set(shown)) == SLATE
        assert alive[row, shown].all()
        assert slates.propensity[row] == pytest.approx(_naive(scores[row], alive[row], shown), rel=1e-9)
        assert slates.eligible[row].tolist() == list(range(count, count - SLATE, -1))


def test_items_are_shown_as_often_as_their_propensity_says() -> None:
    """20,000 requests with the same candidates: frequencies of slot 0 within 4 standard errors of the probability."""
    n, scores = 20_000, np.linspace(0.0, 3.0, 12)
    found = _candidates(np.tile(scores, (n, 1)), np.ones((n, 12), dtype=bool))
    slates = policy.draw(found, np.random.default_rng(1))
    expected = np.array([_naive(scores, np.ones(12, dtype=bool), [item])[0] for item in range(12)])
    observed = np.bincount(slates.item[:, 0], minlength=12) / n
    assert (np.abs(observed - expected) < 4 * np.sqrt(expected * (1 - expected) / n)).all()
    assert slates.explored.mean() == pytest.approx(policy.EXPLORE, abs=0.005)


def test_inverse_propensities_recover_the_number_of_items() -> None:
    """The mean of 1 / propensity of a slot is the number of items eligible for it, whatever the policy."""
    rng = np.random.default_rng(2)
    found = _candidates(np.tile(rng.normal(size=15), (20_000, 1)), np.ones((20_000, 15), dtype=bool))
    slates = policy.draw(found, rng)
    assert (1 / slates.propensity).mean(axis=0) == pytest.approx(np.arange(15, 5, -1), rel=0.05)


def test_a_candidate_is_offered_once_and_the_first_source_keeps_it() -> None:
    rng = np.random.default_rng(3)
    scores, popularity = rng.normal(size=(4, 150)), rng.random(150)
    users = np.array([0, 1, 1, 3])
    found = policy.candidates(users, scores, popularity, rng)
    for row, user in enumerate(users):
        offered = found.item[row, found.alive[row]]
        assert len(set(offered)) == len(offered)
        taste = found.item[row, found.source == 0]
        assert set(taste) == set(np.argsort(-scores[user])[: policy.TASTE])
        assert found.score[row, found.source == 0].tolist() == sorted(scores[user], reverse=True)[: policy.TASTE]
        assert found.alive[row, found.source == 0].all()


def test_what_is_ruled_out_is_never_a_candidate() -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(1, 200))
    scores[0, :50] = 2 * policy.FLOOR
    found = policy.candidates(np.zeros(6, dtype=np.int64), scores, rng.random(200), rng)
    assert not (found.item[found.alive] < 50).any()
