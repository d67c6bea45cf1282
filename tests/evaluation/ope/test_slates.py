"""Slate estimators against their formulas, written out from the papers slate by slate."""

from __future__ import annotations

import itertools
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.ope import slates
from evaluation.ope.terms import Doubles
from tests.evaluation.ope.rounds import weighed_slates

Slates = tuple[Doubles, Doubles, Doubles, Doubles, Doubles]
close = pytest.approx


@given(weighed_slates(), st.integers(1, 6))
def test_standard_independent_and_reward_interaction_ips(data: Slates, top: int) -> None:
    """McInerney et al. 2020, equations 1 to 3."""
    weights, rewards = data[0], data[1]
    n, slots = len(weights), min(top, weights.shape[1])
    sips = sum(prod(weights[i, :slots]) * sum(rewards[i, :slots]) for i in range(n)) / n
    iips = sum(weights[i, k] * rewards[i, k] for i in range(n) for k in range(slots)) / n
    rips = sum(prod(weights[i, : k + 1]) * rewards[i, k] for i in range(n) for k in range(slots)) / n
    assert slates.sips(weights, rewards, top).value == close(sips, rel=1e-12, abs=1e-12)
    assert slates.iips(weights, rewards, top).value == close(iips, rel=1e-12, abs=1e-12)
    assert slates.rips(weights, rewards, top).value == close(rips, rel=1e-12, abs=1e-12)


@given(weighed_slates())
def test_self_normalised_by_slot(data: Slates) -> None:
    weights, rewards = data[0] + 0.01, data[1]
    n, slots = weights.shape
    found = 0.0
    for k in range(slots):
        down = [prod(weights[i, : k + 1]) for i in range(n)]
        found += sum(w * rewards[i, k] for i, w in enumerate(down)) / sum(down)
    assert slates.rips(weights, rewards, normalised=True).value == close(found, rel=1e-11)


@given(weighed_slates())
def test_cascade_dr(data: Slates) -> None:
    """Kiyohara et al. 2022, equation 6: sum over slots of w_1:k (r_k - Q_k) + w_1:k-1 E[Q_k]."""
    weights, rewards, predicted, baseline, _ = data
    n, slots = weights.shape
    found = 0.0
    for i, k in itertools.product(range(n), range(slots)):
        found += prod(weights[i, : k + 1]) * (rewards[i, k] - predicted[i, k])
        found += prod(weights[i, :k]) * baseline[i, k]
    assert slates.cascade_dr(weights, rewards, predicted, baseline).value == close(found / n, rel=1e-11, abs=1e-12)


@given(weighed_slates())
def test_the_future_is_what_the_rollout_expects_below(data: Slates) -> None:
    _, _, predicted, baseline, rollout = data
    now, expected = slates.with_future(predicted, baseline, rollout)
    for k in range(predicted.shape[1]):
        below = rollout[:, k + 1 :].sum(axis=1)
        np.testing.assert_allclose(now[:, k], predicted[:, k] + below)
        np.testing.assert_allclose(expected[:, k], baseline[:, k] + below)


@given(weighed_slates())
def test_pseudo_inverse(data: Slates) -> None:
    weights, rewards = data[0], data[1]
    n, slots = weights.shape
    found = sum((sum(weights[i]) - slots + 1) * sum(rewards[i]) for i in range(n)) / n
    assert slates.pseudo_inverse(weights, rewards).value == close(found, rel=1e-11, abs=1e-12)


@given(weighed_slates(), st.floats(0.1, 3.0))
def test_a_clip_caps_the_weight_down_to_a_slot(data: Slates, clip: float) -> None:
    weights, rewards = data[0], data[1]
    n, slots = weights.shape
    found = sum(min(prod(weights[i, : k + 1]), clip) * rewards[i, k] for i in range(n) for k in range(slots)) / n
    assert slates.rips(weights, rewards, clip=clip).value == close(found, rel=1e-11, abs=1e-12)


@given(weighed_slates())
def test_with_weights_of_one_all_agree_with_what_was_shown(data: Slates) -> None:
    _, rewards, predicted, _, rollout = data
    one, shown = np.ones(rewards.shape), slates.on_policy(rewards).value
    for found in (slates.sips, slates.iips, slates.rips, slates.pseudo_inverse):
        assert found(one, rewards).value == close(shown)
    assert slates.cascade_dr(one, rewards, predicted, predicted).value == close(shown)
    assert slates.slate_dm(rollout, 1).value == close(rollout[:, 0].mean())


def test_two_dimensions_are_needed() -> None:
    with pytest.raises(ValueError, match=r"allowed are two equal"):
        slates.sips(np.ones((3, 2)), np.ones((3, 1)))
