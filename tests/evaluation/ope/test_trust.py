from __future__ import annotations

import numpy as np
import pytest

from evaluation.ope import bandit, slates
from evaluation.ope.estimate import estimated
from evaluation.ope.stream import Sums, summed
from evaluation.ope.terms import Doubles
from evaluation.ope.trust import Limits, effective_units, judge


def weighing(weights: Doubles, users: int | None = None) -> Sums:
    n = len(weights)
    codes = np.arange(n, dtype=np.uint64) if users is None else np.arange(n, dtype=np.uint64) % np.uint64(users)
    return summed(bandit.ips(weights, np.ones(n)), codes)


def test_equal_weights_are_trusted() -> None:
    trust = judge(weighing(np.ones(1000)))
    assert trust.trusted
    assert trust.mean == 1.0
    assert trust.needed == 1.0
    assert trust.effective == pytest.approx(1000, rel=0.25)


def test_the_effective_sample_is_kongs() -> None:
    weights = np.array([1.0, 2.0, 3.0, 0.0])
    assert effective_units(weighing(weights))[0] == pytest.approx(36 / 14)


def test_weights_on_few_users_are_refused_and_what_is_needed_is_told() -> None:
    weights = np.zeros(2000)
    weights[:50] = 40.0
    found = estimated("ips", weighing(weights))
    assert found.refused
    assert found.interval is None
    assert "effective sample" in found.trust.refusals[0]
    assert "times as many requests" in found.trust.refusals[0]
    assert found.trust.needed == pytest.approx(3.0, rel=0.1)
    assert found.trust.explored == pytest.approx(150 / 1580, rel=0.1)


def test_one_weight_that_would_decide_is_refused() -> None:
    weights = np.full(3000, 0.9)
    weights[0] = 300.0
    assert any(one.startswith("largest weight") for one in judge(weighing(weights)).refusals)


@pytest.mark.parametrize(("level", "word"), [(0.5, "hardly ever showed"), (1.5, "logged propensities are not")])
def test_a_mean_weight_that_is_not_one_is_refused(level: float, word: str) -> None:
    trust = judge(weighing(np.full(2000, level)))
    assert any("mean weight" in one and word in one for one in trust.refusals)
    assert trust.needed is None


def test_actions_that_logging_never_takes_are_refused() -> None:
    trust = judge(weighing(np.ones(1000)), unsupported=0.12)
    assert any("12.0% of what the target would show has no chance" in one for one in trust.refusals)
    assert judge(weighing(np.ones(1000)), unsupported=0.0).trusted


def test_too_few_users_are_refused_whatever_the_estimate() -> None:
    few = summed(slates.on_policy(np.ones((500, 3))), np.arange(500, dtype=np.uint64) % np.uint64(9))
    assert estimated("on policy", few).refused
    assert "users: found 9" in judge(few).refusals[0]


def test_limits_are_the_callers() -> None:
    assert judge(weighing(np.ones(100)), limits=Limits(effective=50.0)).trusted


def test_the_worst_kind_of_weights_is_judged() -> None:
    rng = np.random.default_rng(1)
    weights = np.ones((4000, 3))
    weights[:, 2] = rng.lognormal(-4.5, 3.0, 4000)
    sums = summed(slates.rips(weights, np.ones((4000, 3))), np.arange(4000, dtype=np.uint64))
    assert not judge(sums).trusted
    assert judge(summed(slates.rips(weights, np.ones((4000, 3)), top=2), np.arange(4000, dtype=np.uint64))).trusted
