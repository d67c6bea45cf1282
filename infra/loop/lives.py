"""Plainer policies live the days that the server serves, each in a copy of the world whose past is its own doing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from infra.loop.memory import ShownLately
from worlds.draws import Codes
from worlds.memory import Consumption, consumption
from worlds.sessions import DAY_US, Requests, midnight
from worlds.truth.past import Past
from worlds.world import World

Answer = Callable[[World, Requests, Past], Codes]
"""(r, k) item rows for requests, -1 for a slot that could not be filled; nothing that the past bars."""

_SHOWN = "shown lately"


@dataclass(frozen=True)
class Life:
    """A copy of the world, and what was `shown` in it.

    The best that a user has had is had: were a policy judged on what another has left over, the one that serves would
    be the only one to pay for having shown its best before.
    """

    world: World
    shown: ShownLately

    @classmethod
    def beside(cls, world: World) -> Life:
        """One that has the past of `world`, and from here on its own."""
        return cls(world.copy(), ShownLately(world.surface.session))

    def live(self, asked: Requests, answer: Answer) -> Codes:
        """The slates (r, k) of today's requests: each answered knowing what came of the user's earlier ones."""
        slates = np.full((len(asked), self.world.surface.slate.size), -1, dtype=np.int64)
        eaten = Consumption(*np.zeros((3, 0), dtype=np.int64))
        for turn in _turns(asked):
            part = asked.take(turn)
            slates[turn] = answer(self.world, part, Past(self.world.consumed, eaten, self.shown.shown()))
            self.shown.learn(part, slates[turn])
            eaten = eaten.plus(consumption(part, self.world.respond(part, slates[turn])))
        return slates

    def advance(self, asked: Requests, slates: Codes) -> None:
        """Let the day pass on which `asked` were shown `slates`."""
        self.shown.forget(midnight(self.world.date) + DAY_US)
        self.world.advance(asked, self.world.respond(asked, slates))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that `restore` needs to go on, as arrays by name."""
        return self.world.state() | {_SHOWN: self.shown.events}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from where `state` was taken."""
        self.shown.events = state[_SHOWN]
        self.world.resume(**{name: values for name, values in state.items() if name != _SHOWN})


def _turns(asked: Requests) -> Iterator[Codes]:
    """Indices of everybody's first request of the day, of everybody's second, and so on."""
    order = np.lexsort((asked.at, asked.user))
    user = asked.user[order]
    nth = np.empty(len(asked), dtype=np.int64)
    nth[order] = np.arange(len(asked)) - np.searchsorted(user, user)
    for turn in range(int(nth.max(initial=-1)) + 1):
        yield np.flatnonzero(nth == turn)
