from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.slate.distributions import Plan, distribution
from serving.slate.policies import Greedy, PlackettLuce, Thompson
from serving.slate.pool import Pool
from surfaces.exploration import Exploration, Setpoint
from surfaces.slate import Slate
from tests.serving.slate.pools import pool_of

ALL = np.arange(3)
SCORES = np.array([0.2, 1.0, 0.6])


def plan(context: str = "", **exploration: Any) -> Plan:
    return Plan.of(Slate.model_validate({"exploration": exploration}), context=context)


def test_greedy_is_certain_of_the_best_it_may_draw() -> None:
    assert Greedy().distribution(ALL, SCORES, None).tolist() == [0.0, 1.0, 0.0]
    assert Greedy().distribution(ALL, SCORES, np.array([True, False, True])).tolist() == [0.0, 0.0, 1.0]
    assert Greedy().distribution(ALL, np.ones(3), None).tolist() == [1.0, 0.0, 0.0]


def test_plackett_luce_is_the_softmax_and_its_temperature_sharpens_it() -> None:
    weights = np.exp(SCORES / 0.5)
    assert PlackettLuce(0.5).distribution(ALL, SCORES, None) == pytest.approx(weights / weights.sum())
    assert PlackettLuce(1e-3).distribution(ALL, SCORES, None) == pytest.approx([0.0, 1.0, 0.0])
    assert PlackettLuce(1e3).distribution(ALL, SCORES, None) == pytest.approx([1 / 3] * 3, abs=1e-3)


def test_epsilon_is_spread_over_everything_under_any_policy() -> None:
    pool = pool_of([0, 1, 2, 3])
    _, sharp = distribution(pool, plan(policy="plackett_luce", temperature=1e-3, epsilon=0.4), [])
    assert sharp == pytest.approx([0.7, 0.1, 0.1, 0.1])
    _, greedy = distribution(pool, plan(epsilon=0.4), [])
    assert greedy == pytest.approx(sharp)


def thompson(pool: Pool, context: str = "", width: float = 0.3) -> Thompson:
    return Thompson(pool, Exploration(policy="thompson", samples=1024), width, context)


def test_thompson_is_sure_where_nothing_is_uncertain_and_even_where_all_is_alike() -> None:
    pool = pool_of(list(range(4)), shown=np.full(4, 1e12))
    assert thompson(pool).distribution(np.arange(4), pool.relevance, None).tolist() == [1.0, 0.0, 0.0, 0.0]
    even = thompson(pool_of(list(range(4)))).distribution(np.arange(4), np.zeros(4), None)
    assert even == pytest.approx([0.25] * 4, abs=0.06)


def test_thompson_is_near_the_integral_of_the_posterior() -> None:
    """Two items: P(first is better) = Phi(difference / sqrt(s1^2 + s2^2))."""
    pool = pool_of([0, 1], shown=np.array([20.0, 0.0]))
    found = thompson(pool, width=1.0).distribution(np.arange(2), np.array([1.0, 0.0]), None)
    assert found[0] == pytest.approx(0.7929, abs=0.04)


def test_what_was_shown_less_is_drawn_more() -> None:
    pool = pool_of(list(range(3)), shown=np.array([1e9, 1e9, 0.0]))
    found = thompson(pool, width=1.0).distribution(np.arange(3), np.array([1.0, 0.5, 0.5]), None)
    assert found[2] > found[1] == 0.0


def test_the_stated_sample_follows_the_context_and_nothing_else() -> None:
    pool = pool_of(list(range(6)))
    one, again, other = (thompson(pool, context) for context in ("release u1", "release u1", "release u2"))
    choices = np.arange(6)
    stated = one.distribution(choices, pool.relevance, None).tolist()
    assert again.distribution(choices, pool.relevance, None).tolist() == stated
    assert other.distribution(choices, pool.relevance, None).tolist() != stated


@given(
    n=st.integers(1, 30),
    policy=st.sampled_from(["epsilon_greedy", "plackett_luce", "thompson"]),
    epsilon=st.floats(0.0, 1.0),
    above=st.integers(0, 4),
    explorable=st.none() | st.lists(st.booleans(), min_size=30, max_size=30),
    diversity=st.sampled_from([None, {"kind": "mmr"}, {"kind": "dpp"}]),
)
def test_every_conditional_distribution_sums_to_one(
    *, n: int, policy: str, epsilon: float, above: int, explorable: list[bool] | None, diversity: dict[str, str] | None
) -> None:
    mask = None if explorable is None else np.array(explorable[:n])
    pool = pool_of([k % 3 for k in range(n)], [k % 4 for k in range(n)], explorable=mask)
    slate = Slate.model_validate(
        {
            "max_per_creator": 3,
            "diversity": diversity,
            "exploration": {"policy": policy, "epsilon": epsilon, "reserved": [1]},
        }
    )
    prefix = list(range(min(above, n - 1)))
    indices, probabilities = distribution(pool, Plan.of(slate), prefix)
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-9)
    assert (probabilities >= 0).all()
    assert not set(indices.tolist()) & set(prefix)


def test_a_segment_has_its_own_setpoint_and_the_first_that_fits_counts() -> None:
    exploration = Exploration.model_validate(
        {
            "policy": "plackett_luce",
            "temperature": 0.2,
            "epsilon": 0.1,
            "segments": [{"known": False, "countries": ["DE"], "temperature": 0.9}, {"known": False, "epsilon": 0.5}],
        }
    )
    assert exploration.setpoint(True, "DE", None) == Setpoint(epsilon=0.1, temperature=0.2)
    assert exploration.setpoint(False, "DE", None) == Setpoint(epsilon=0.1, temperature=0.9)
    assert exploration.setpoint(False, "US", None) == Setpoint(epsilon=0.5, temperature=0.2)
    assert exploration.words(exploration.setpoint(False, "DE", None)) == "plackett_luce(0.9, epsilon 0.1)"
