"""How likely a policy would have shown a slate that was shown: slot by slot, from the code that draws slates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from serving.slate.distributions import Turn, Walk
from serving.slate.pool import Codes, Doubles, Pool
from serving.stages.compose import Draft


@dataclass(frozen=True)
class Step:
    """One slot, given the items above: the probability of the item that was shown, its place in the `pool` (-1: the
    policy could not show it), and the whole distribution as (m,) pool indices and probabilities."""

    pool: Pool
    index: int
    probability: float
    choices: Codes
    probabilities: Doubles

    @property
    def items(self) -> Codes:
        """(m,) catalogue rows of the choices."""
        return self.pool.items[self.choices]


def steps(one: Draft, shown: Sequence[int]) -> Iterator[Step]:
    """The slots of a slate of catalogue rows `shown` as `one` would have drawn them; it ends with the first item that
    it could not have shown, or where it would have shown nothing."""
    further, walk, above = list(one.reserves), Walk(one.pool, one.plan), list[int]()
    for row in shown:
        turn = _turn(walk, untouched=len(further) == len(one.reserves) > 0)
        while turn is None and further:
            walk = Walk(further.pop(0)(), one.plan, above)
            turn = _turn(walk, untouched=False)
        if turn is None:
            return
        step = _step(walk.pool, turn, row)
        yield step
        if step.index < 0:
            return
        walk.take(step.index)
        above.append(step.index)


def _turn(walk: Walk, untouched: bool) -> Turn | None:
    """As `serving.slate.draw.draw` asks for it: while a reserve is at hand nothing gives way."""
    return walk.turn(strict=untouched)


def _step(pool: Pool, turn: Turn, row: int) -> Step:
    places = np.flatnonzero(pool.items[turn.choices] == row)
    if not len(places) or turn.probabilities[places[0]] <= 0.0:
        return Step(pool, -1, 0.0, turn.choices, turn.probabilities)
    place = int(places[0])
    probability = min(float(turn.probabilities[place]), 1.0)
    return Step(pool, int(turn.choices[place]), probability, turn.choices, turn.probabilities)
