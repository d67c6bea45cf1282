"""What users have seen lately: the server does not show it again, and neither does who stands in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.online.activity import SEEN
from surfaces.surface import Surface
from worlds.draws import Codes
from worlds.memory import Consumption, consumption
from worlds.outcomes import Outcomes
from worlds.sessions import Requests
from worlds.truth.past import Past, Shown
from worlds.world import World

Events = npt.NDArray[np.int64]
"""(3, e): user rows, item rows, and UTC microseconds."""


def _none() -> Events:
    return np.zeros((3, 0), dtype=np.int64)


@dataclass
class Recent:
    """Who saw which item when: events that are no older than `keep`."""

    keep: timedelta
    events: Events = field(default_factory=_none)

    @property
    def microseconds(self) -> int:
        """For how long an event counts."""
        return self.keep // timedelta(microseconds=1)

    def learn(self, user: Codes, item: Codes, at: Codes) -> None:
        """Take up e more, in any order; one without an item (-1) is none."""
        self.events = np.concatenate([self.events, np.stack([user, item, at])[:, item >= 0]], axis=1)

    def forget(self, now: int) -> None:
        """Drop what no longer counts at `now` (UTC microseconds)."""
        self.events = self.events[:, self.events[2] > now - self.microseconds]


@dataclass(frozen=True)
class Seen:
    """What users were `shown` within the surface's session, and what they `had` (consumed) within its training
    window."""

    shown: Recent
    had: Recent

    @classmethod
    def nothing(cls, surface: Surface) -> Seen:
        """Nothing yet, of what `surface` remembers."""
        session, window = surface.session, timedelta(days=surface.training.window_days)
        return cls(Recent(session.keep if session.seen else timedelta(0)), Recent(window))

    def copy(self) -> Seen:
        """The same so far, with a future of its own."""
        return Seen(replace(self.shown), replace(self.had))

    def show(self, asked: Requests, slates: Codes) -> None:
        """Take up what a server showed (r, k) to `asked`."""
        user, at = (np.repeat(values, slates.shape[1]) for values in (asked.user, asked.at))
        self.shown.learn(user, slates.ravel(), at)

    def consume(self, asked: Requests, happened: Outcomes) -> None:
        """Take up what the users of `asked` consumed."""
        eaten = consumption(asked, happened)
        self.had.learn(eaten.user, eaten.item, eaten.at)

    def forget(self, now: int) -> None:
        """Drop what no longer counts at `now` (UTC microseconds)."""
        self.shown.forget(now)
        self.had.forget(now)

    def past(self, world: World) -> Past:
        """What it bars, beside what the users of `world` remember."""
        user, item, at = self.shown.events
        shown = Shown(user, item, at, keep=self.shown.microseconds, most=SEEN)
        return Past(world.consumed, Consumption(*self.had.events), shown)

    def state(self) -> dict[str, Events]:
        """All that `restore` needs, as arrays by name."""
        return {"shown": self.shown.events, "had": self.had.events}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from where `state` was taken."""
        self.shown.events, self.had.events = state["shown"], state["had"]
