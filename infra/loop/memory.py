"""What the server has shown lately, as it remembers it: what it does not show again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from infra.loop.day import Day
from serving.online.activity import SEEN
from surfaces.surface import Session
from worlds.draws import Codes
from worlds.truth.past import Shown

Events = npt.NDArray[np.int64]
"""(3, e): user rows, item rows, and UTC microseconds of when they were shown."""


def _none() -> Events:
    return np.zeros((3, 0), dtype=np.int64)


@dataclass
class ShownLately:
    """Impressions that may still count under the surface's `session`, of the days that the server served."""

    session: Session
    events: Events = field(default_factory=_none)

    def with_day(self, lived: Day) -> Shown:
        """What counts on the day that was `lived`: its own impressions too."""
        user, item, at = np.concatenate([self.events, _events(lived)], axis=1)
        keep = int(self.session.keep.total_seconds() * 1e6) if self.session.seen else 0
        return Shown(user, item, at, keep=keep, most=SEEN)

    def learn(self, lived: Day, until: int) -> None:
        """Take up the day that was `lived`, and drop what no longer counts at `until` (UTC microseconds)."""
        found = np.concatenate([self.events, _events(lived)], axis=1)
        self.events = found[:, found[2] > until - self.session.keep.total_seconds() * 1e6]


def _events(lived: Day) -> Events:
    shown = lived.slates >= 0
    user: Codes = np.repeat(lived.asked.user, lived.slates.shape[1])
    at = np.repeat(lived.asked.at, lived.slates.shape[1])
    return np.stack([user, lived.slates.ravel(), at])[:, shown.ravel()]
