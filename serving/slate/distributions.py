"""P(item at this slot | context, items above) for every eligible item: the one place where propensities come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serving.slate.diversity import scorer
from serving.slate.eligibility import Eligibility
from serving.slate.policies import policy
from serving.slate.pool import Codes, Doubles, Mask, Pool
from serving.slate.relaxation import Level, levels
from surfaces.exploration import Setpoint
from surfaces.slate import Slate


@dataclass(frozen=True)
class Plan:
    """What a slate of `size` slots is drawn by: the rules and the policy of `slate` at the `setpoint` of the request.

    `context`: what the stated draws of a Thompson policy are found by; the request id is no part of it.
    """

    slate: Slate
    size: int
    setpoint: Setpoint
    context: str = ""

    @classmethod
    def of(cls, slate: Slate, size: int | None = None, context: str = "") -> Plan:
        """The plan of a request that no segment fits."""
        return cls(slate, size or slate.size, slate.exploration.setpoint(False, None, None), context)


@dataclass(frozen=True)
class Turn:
    """One slot before its draw: (m,) pool indices `choices`, ascending, and their `probabilities`, which sum to one.

    `best` is the place in `choices` of the item with the highest score. `reserved`: whether the slot is there to
    explore. `level`: what gave way.
    """

    choices: Codes
    probabilities: Doubles
    best: int
    reserved: bool
    level: Level


class Walk:
    """A slate being filled from `pool`, slot by slot."""

    def __init__(self, pool: Pool, plan: Plan, above: Sequence[int] = ()) -> None:
        self.pool, self.plan = pool, plan
        self._levels = levels(plan.slate)
        self._eligibility = Eligibility(pool, plan.slate, plan.size)
        self._scorer = scorer(pool, plan.slate.diversity)
        self._policy = policy(pool, plan.slate.exploration, plan.setpoint, plan.context)
        self._position = 0
        for index in above:
            self.take(index)

    def turn(self, strict: bool = False) -> Turn | None:
        """The next slot by the first level that has an eligible item, or None. `strict`: by the first level alone."""
        for level in self._levels[:1] if strict else self._levels:
            choices = self._eligibility.at(level).nonzero()[0]
            if len(choices):
                return self._turn(choices, level)
        return None

    def take(self, index: int) -> None:
        """Put the item at `index` on the slate."""
        self._eligibility.take(index)
        self._scorer.take(index)
        self._position += 1

    def broken(self, index: int, level: Level) -> tuple[str, ...]:
        """The relaxed rules of `level` that the item at `index` needs at the next slot."""
        return self._eligibility.broken(index, level)

    def _turn(self, choices: Codes, level: Level) -> Turn:
        scores = self._scorer.scores()[choices]
        best = int(scores.argmax())
        explorable = None if self.pool.explorable is None else self.pool.explorable[choices]
        nobody = explorable is not None and not explorable.any()
        reserved = self._position in self.plan.slate.exploration.reserved and not nobody
        share = 0.0 if nobody else 1.0 if reserved else self.plan.setpoint.epsilon
        if share < 1.0:
            probabilities = self._policy.distribution(choices, scores, _support(explorable, best))
        else:
            probabilities = np.zeros(len(choices), dtype=np.float64)
        if share > 0.0:
            spread = share / len(choices) if explorable is None else share * explorable / explorable.sum()
            probabilities = (1.0 - share) * probabilities + spread
        return Turn(choices, probabilities, best, reserved, level)


def distribution(pool: Pool, plan: Plan, above: Sequence[int]) -> tuple[Codes, Doubles]:
    """The whole conditional distribution of the next slot: (m,) pool indices and (m,) probabilities that sum to one.

    `above`: the pool indices that stand on the slate so far, from the top. Both are empty where no item is eligible.
    It is what a slate is drawn from, so it is exact for any slate, drawn or not, that the rules allow.
    """
    turn = Walk(pool, plan, above).turn()
    if turn is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
    return turn.choices, turn.probabilities


def _support(explorable: Mask | None, best: int) -> Mask | None:
    """Who may be drawn: whoever may be explored, and the best."""
    if explorable is None:
        return None
    support = explorable.copy()
    support[best] = True
    return support
