"""Every estimator against its formula, written out from its paper round by round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.ope import bandit
from tests.evaluation.ope.rounds import Rounds, rounds

EXACT = 1e-12


def expected_by_model(data: Rounds, i: int) -> float:
    return sum(data.target[i, a] * data.model[i, a] for a in range(data.target.shape[1]))


def ratio(data: Rounds, i: int) -> float:
    return data.target[i, data.action[i]] / data.logging[i, data.action[i]]


def residual(data: Rounds, i: int) -> float:
    return data.reward[i] - data.model[i, data.action[i]]


@given(rounds())
def test_ips_and_snips(data: Rounds) -> None:
    n = len(data.reward)
    weighted = sum(ratio(data, i) * data.reward[i] for i in range(n))
    total = sum(ratio(data, i) for i in range(n))
    assert bandit.ips(data.weight, data.reward).value == pytest.approx(weighted / n, abs=EXACT)
    assert bandit.snips(data.weight, data.reward).value == pytest.approx(weighted / total, abs=EXACT)


@given(rounds(), st.floats(0.1, 5.0))
def test_clipped_ips(data: Rounds, clip: float) -> None:
    n = len(data.reward)
    found = sum(min(ratio(data, i), clip) * data.reward[i] for i in range(n)) / n
    assert bandit.clipped_ips(data.weight, data.reward, clip).value == pytest.approx(found, abs=EXACT)


@given(rounds())
def test_dm_dr_and_sndr(data: Rounds) -> None:
    n = len(data.reward)
    model = sum(expected_by_model(data, i) for i in range(n)) / n
    corrections = sum(ratio(data, i) * residual(data, i) for i in range(n))
    total = sum(ratio(data, i) for i in range(n))
    parts = data.weight, data.reward, data.predicted, data.baseline
    assert bandit.direct_method(data.baseline).value == pytest.approx(model, abs=EXACT)
    assert bandit.doubly_robust(*parts).value == pytest.approx(model + corrections / n, abs=EXACT)
    assert bandit.self_normalised_dr(*parts).value == pytest.approx(model + corrections / total, abs=1e-11)


@given(rounds(), st.floats(0.1, 5.0))
def test_switch_dr(data: Rounds, threshold: float) -> None:
    n = len(data.reward)
    found = sum(
        expected_by_model(data, i) + (ratio(data, i) * residual(data, i) if ratio(data, i) <= threshold else 0.0)
        for i in range(n)
    )
    parts = data.weight, data.reward, data.predicted, data.baseline
    assert bandit.switch_dr(*parts, threshold).value == pytest.approx(found / n, abs=EXACT)


@given(rounds(), st.floats(0.01, 50.0))
def test_dr_shrunk(data: Rounds, shrinkage: float) -> None:
    """Su et al. 2020, optimistic shrinkage: w' = lambda w / (w^2 + lambda)."""
    n = len(data.reward)
    shrunk = [shrinkage * ratio(data, i) / (ratio(data, i) ** 2 + shrinkage) for i in range(n)]
    found = sum(expected_by_model(data, i) + shrunk[i] * residual(data, i) for i in range(n)) / n
    parts = data.weight, data.reward, data.predicted, data.baseline
    assert bandit.dr_shrunk(*parts, shrinkage).value == pytest.approx(found, abs=EXACT)


@given(rounds())
def test_the_ends_of_every_dial_are_other_estimators(data: Rounds) -> None:
    parts = data.weight, data.reward, data.predicted, data.baseline
    dr, dm = bandit.doubly_robust(*parts).value, bandit.direct_method(data.baseline).value
    assert bandit.dr_shrunk(*parts, 0.0).value == pytest.approx(dm, abs=EXACT)
    assert bandit.dr_shrunk(*parts, np.inf).value == pytest.approx(dr, abs=EXACT)
    assert bandit.switch_dr(*parts, np.inf).value == pytest.approx(dr, abs=EXACT)
    assert bandit.switch_dr(*parts, -1.0).value == pytest.approx(dm, abs=EXACT)
    assert bandit.clipped_ips(data.weight, data.reward, np.inf).value == bandit.ips(data.weight, data.reward).value


@given(rounds())
def test_a_policy_judged_on_its_own_log_is_worth_what_was_logged(data: Rounds) -> None:
    """Self-IPS: weights of 1 everywhere, whatever the model says of DR's correction."""
    one = np.ones(len(data.reward))
    mean = data.reward.mean()
    assert bandit.ips(one, data.reward).value == pytest.approx(mean, abs=EXACT)
    assert bandit.snips(one, data.reward).value == pytest.approx(mean, abs=EXACT)
    assert bandit.doubly_robust(one, data.reward, data.predicted, data.predicted).value == pytest.approx(
        mean, abs=EXACT
    )


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_ips_and_dr_find_the_truth(seed: int) -> None:
    """Two actions worth 0 and 1, logged half and half, a target that takes the good one: worth 1."""
    rng = np.random.default_rng(seed)
    good = rng.random(20_000) < 0.5
    weight, reward = np.where(good, 2.0, 0.0), good.astype(np.float64)
    wrong_model = np.full(20_000, 0.3)
    assert bandit.ips(weight, reward).value == pytest.approx(1.0, abs=0.04)
    assert bandit.doubly_robust(weight, reward, wrong_model, wrong_model).value == pytest.approx(1.0, abs=0.04)
    assert bandit.snips(weight, reward).value == 1.0
