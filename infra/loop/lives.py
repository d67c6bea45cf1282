"""Plainer policies live the days that the server serves, each in a copy of the world whose past is its own doing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from infra.loop.recent import Recent
from serving.online.activity import SEEN
from worlds.draws import Codes
from worlds.memory import Consumption, consumption
from worlds.sessions import DAY_US, Requests, midnight
from worlds.truth.past import Past, Shown
from worlds.world import World

Answer = Callable[[World, Requests, Past], Codes]
"""(r, k) item rows for requests, -1 for a slot that could not be filled; nothing that the past bars."""

_SHOWN, _HAD = "shown lately", "had lately"


@dataclass(frozen=True)
class Life:
    """A copy of the world, and what its users were `shown` and `had` (consumed) there lately.

    The best that a user has had is had: were a policy judged on what another has left over, the one that serves would
    be the only one to pay for having shown its best before. And what the server does not show again (what was shown
    within the surface's session, what was consumed within its training window) nobody else shows again either.
    """

    world: World
    shown: Recent
    had: Recent

    @classmethod
    def beside(cls, world: World) -> Life:
        """One that has the past of `world`, and from here on its own."""
        session, window = world.surface.session, timedelta(days=world.surface.training.window_days)
        return cls(world.copy(), Recent(session.keep if session.seen else timedelta(0)), Recent(window))

    def live(self, asked: Requests, answer: Answer) -> Codes:
        """The slates (r, k) of today's requests: each answered knowing what came of the user's earlier ones."""
        slates = np.full((len(asked), self.world.surface.slate.size), -1, dtype=np.int64)
        for turn in _turns(asked):
            part = asked.take(turn)
            slates[turn] = answer(self.world, part, self._past())
            user, at = (np.repeat(values, slates.shape[1]) for values in (part.user, part.at))
            self.shown.learn(user, slates[turn].ravel(), at)
            eaten = consumption(part, self.world.respond(part, slates[turn]))
            self.had.learn(eaten.user, eaten.item, eaten.at)
        return slates

    def advance(self, asked: Requests, slates: Codes) -> None:
        """Let the day pass on which `asked` were shown `slates`."""
        over = midnight(self.world.date) + DAY_US
        self.shown.forget(over)
        self.had.forget(over)
        self.world.advance(asked, self.world.respond(asked, slates))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that `restore` needs to go on, as arrays by name."""
        return self.world.state() | {_SHOWN: self.shown.events, _HAD: self.had.events}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from where `state` was taken."""
        self.shown.events, self.had.events = state[_SHOWN], state[_HAD]
        self.world.resume(**{name: values for name, values in state.items() if name not in (_SHOWN, _HAD)})

    def _past(self) -> Past:
        user, item, at = self.shown.events
        shown = Shown(user, item, at, keep=self.shown.microseconds, most=SEEN)
        return Past(self.world.consumed, Consumption(*self.had.events), shown)


def _turns(asked: Requests) -> Iterator[Codes]:
    """Indices of everybody's first request of the day, of everybody's second, and so on."""
    order = np.lexsort((asked.at, asked.user))
    user = asked.user[order]
    nth = np.empty(len(asked), dtype=np.int64)
    nth[order] = np.arange(len(asked)) - np.searchsorted(user, user)
    for turn in range(int(nth.max(initial=-1)) + 1):
        yield np.flatnonzero(nth == turn)
