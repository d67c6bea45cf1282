"""Who met which item when, for as long as it counts: what was shown or responded to lately is not shown again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from worlds.draws import Codes

Events = npt.NDArray[np.int64]
"""(3, e): user rows, item rows, and UTC microseconds."""


def _none() -> Events:
    return np.zeros((3, 0), dtype=np.int64)


@dataclass
class Recent:
    """Events that are no older than `keep`."""

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
