"""What a policy has shown lately, as the server remembers it: what is not shown again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from serving.online.activity import SEEN
from surfaces.surface import Session
from worlds.draws import Codes
from worlds.sessions import Requests
from worlds.truth.past import Shown

Events = npt.NDArray[np.int64]
"""(3, e): user rows, item rows, and UTC microseconds of when they were shown."""


def _none() -> Events:
    return np.zeros((3, 0), dtype=np.int64)


@dataclass
class ShownLately:
    """Impressions that may still count under the surface's `session`."""

    session: Session
    events: Events = field(default_factory=_none)

    def shown(self) -> Shown:
        """All of them, and how long each counts."""
        user, item, at = self.events
        keep = int(self.session.keep.total_seconds() * 1e6) if self.session.seen else 0
        return Shown(user, item, at, keep=keep, most=SEEN)

    def learn(self, asked: Requests, slates: Codes) -> None:
        """Take up `slates` (r, k) that were shown to `asked`."""
        there = (slates >= 0).ravel()
        user, at = (np.repeat(values, slates.shape[1]) for values in (asked.user, asked.at))
        self.events = np.concatenate([self.events, np.stack([user, slates.ravel(), at])[:, there]], axis=1)

    def forget(self, now: int) -> None:
        """Drop what no longer counts at `now` (UTC microseconds)."""
        self.events = self.events[:, self.events[2] > now - self.session.keep.total_seconds() * 1e6]
