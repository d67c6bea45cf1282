"""Counterfactual days: what plainer policies would have made of a day in the server's place.

Each takes over the users as the server has left them that morning and lives the whole day itself: what it has shown,
and what came of it, bars its own later slates. A policy judged request by request among what another left over that
day would be spared what its own best would have cost it; one with a past of its own over many days would come to fresh
users the later, the worse it had been before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from infra.loop.seen import Seen
from worlds.draws import Codes
from worlds.sessions import Requests
from worlds.truth.past import Past
from worlds.world import World

Answer = Callable[[World, Requests, Past], Codes]
"""(r, k) item rows for requests, -1 for a slot that could not be filled; nothing that the past bars."""


def live(world: World, asked: Requests, morning: Seen, answer: Answer) -> Codes:
    """The slates (r, k) of today's requests, each answered knowing what came of the user's earlier ones.

    `morning`: what users had seen when the day began; neither it nor `world` is changed.
    """
    seen, slates = morning.copy(), np.full((len(asked), world.surface.slate.size), -1, dtype=np.int64)
    for turn in _turns(asked):
        part = asked.take(turn)
        slates[turn] = answer(world, part, seen.past(world))
        seen.show(part, slates[turn])
        seen.consume(part, world.respond(part, slates[turn]))
    return slates


def _turns(asked: Requests) -> Iterator[Codes]:
    """Indices of everybody's first request of the day, of everybody's second, and so on."""
    order = np.lexsort((asked.at, asked.user))
    user = asked.user[order]
    nth = np.empty(len(asked), dtype=np.int64)
    nth[order] = np.arange(len(asked)) - np.searchsorted(user, user)
    for turn in range(int(nth.max(initial=-1)) + 1):
        yield np.flatnonzero(nth == turn)
