"""The slate, drawn slot by slot from the set of items that break no rule given the items above.

At every slot the item is drawn from the distribution that `distributions` states, by luck derived from the request
id: nothing is filtered after it was drawn, and what is logged is the probability it was drawn with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from serving.dice import chance
from serving.slate.distributions import Plan, Turn, Walk
from serving.slate.pool import RANKED, Pool


@dataclass(frozen=True)
class Draw:
    """One slot: `index` into the pool, its exact `propensity`, and the `eligible` items it was drawn from.

    `explored`: whether another item than the best was drawn, or the slot is there to explore. `reason`: in words.
    `relaxed`: rules that gave way for it, in the surface's order.
    """

    index: int
    propensity: float
    eligible: int
    explored: bool
    relaxed: tuple[str, ...] = ()
    reason: str = ""


def draw(
    pool: Pool, plan: Plan, request_id: str, reserves: Sequence[Callable[[], Pool]] = ()
) -> tuple[Pool, list[Draw]]:
    """At most `plan.size` slots, and the pool that their indices are of; fewer only when no item is eligible.

    `reserves` make the pool larger, the items of `pool` first, each asked for only when the slate would stay short.
    """
    walk, further = Walk(pool, plan), list(reserves)
    drawn: list[Draw] = []
    while len(drawn) < plan.size:
        # While a reserve is at hand nothing gives way.
        turn = walk.turn(strict=len(further) == len(reserves) > 0)
        if turn is None and further:
            walk = Walk(further.pop(0)(), plan, [one.index for one in drawn])
            continue
        if turn is None:
            break
        drawn.append(_drawn(walk, turn, chance(request_id, f"slot {len(drawn)}")))
        walk.take(drawn[-1].index)
    return walk.pool, drawn


def pick(turn: Turn, luck: float) -> int:
    """The place in `turn.choices` that `luck`, uniform in [0, 1), falls on."""
    edges = turn.probabilities.cumsum()
    place = int(edges.searchsorted(luck, side="right"))
    # The sum may fall short of one in its last bit.
    return place if place < len(edges) else int(np.flatnonzero(turn.probabilities)[-1])


def _drawn(walk: Walk, turn: Turn, luck: float) -> Draw:
    place = pick(turn, luck)
    index = int(turn.choices[place])
    return Draw(
        index=index,
        propensity=min(float(turn.probabilities[place]), 1.0),
        eligible=len(turn.choices),
        explored=turn.reserved or place != turn.best,
        relaxed=walk.broken(index, turn.level),
        reason=_reason(walk, turn, place, index),
    )


def _reason(walk: Walk, turn: Turn, place: int, index: int) -> str:
    words = "slot kept for exploration" if turn.reserved else "best" if place == turn.best else "explored"
    return words if walk.pool.tiers[index] == RANKED else f"{words} of the reserve"
