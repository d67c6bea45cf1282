"""Random inputs for estimators: rounds of one action, and slates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from evaluation.ope.terms import Doubles


@dataclass(frozen=True)
class Rounds:
    """n rounds over A actions: (n, A) distributions of the target and of logging and the model's rewards, (n,) actions
    taken and rewards."""

    target: Doubles
    logging: Doubles
    model: Doubles
    action: np.ndarray[tuple[int], np.dtype[np.int64]]
    reward: Doubles

    @property
    def weight(self) -> Doubles:
        rows = np.arange(len(self.action))
        return self.target[rows, self.action] / self.logging[rows, self.action]

    @property
    def predicted(self) -> Doubles:
        return self.model[np.arange(len(self.action)), self.action]

    @property
    def baseline(self) -> Doubles:
        return (self.target * self.model).sum(axis=1)


@st.composite
def rounds(draw: st.DrawFn) -> Rounds:
    """Up to 40 rounds of up to 6 actions."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, actions = draw(st.integers(1, 40)), draw(st.integers(2, 6))
    logging = rng.dirichlet(np.ones(actions), n) * 0.9 + 0.1 / actions
    return Rounds(
        target=rng.dirichlet(np.full(actions, 0.4), n),
        logging=logging,
        model=rng.random((n, actions)),
        action=np.array([rng.choice(actions, p=row) for row in logging]),
        reward=rng.integers(0, 2, n) * rng.random(n),
    )


@st.composite
def weighed_slates(draw: st.DrawFn) -> tuple[Doubles, Doubles, Doubles, Doubles, Doubles]:
    """(weights, rewards, predicted, baseline, rollout), each (n, K)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.integers(1, 30)), draw(st.integers(1, 6))
    weights = rng.lognormal(0.0, 0.5, shape) * (rng.random(shape) < 0.9)
    return weights, rng.random(shape), rng.random(shape), rng.random(shape), rng.random(shape)
