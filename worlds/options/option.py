"""What an option may change: who comes, what may be shown, what outcomes depend on, and what is left by a day."""

from __future__ import annotations

import copy
from typing import Self

import numpy as np
import numpy.typing as npt

from worlds.draws import Codes, Floats, Mask
from worlds.drivers import Drivers, Scene
from worlds.sessions import Requests


class Option:
    """One option of a world; as it stands it changes nothing."""

    def settle(self, scene: Scene, day: int) -> None:
        """Take notice of the users and items there are on day number `day`."""

    def busy(self, first: int, last: int) -> Floats | float:
        """What multiplies the mean sessions of users `first` to `last` (excluded) today."""
        return 1.0

    def drivers(self, scene: Scene, asked: Requests, items: Codes) -> Drivers:
        """Name to array (r, k) for `items` (r, k), or (k,) shown to all."""
        return {}

    def segments(self, asked: Requests) -> list[Codes]:
        """What eligibility depends on, (r,) codes each."""
        return []

    def eligible(self, asked: Requests, items: int) -> Mask | bool:
        """(r, items) which of the first `items` may be shown."""
        return True

    def tags(self, rows: Codes) -> list[list[str]]:
        """What the log's item rows say of items `rows` because of it, by which a server knows where to show them."""
        return [[] for _ in rows]

    def areas(self, asked: Requests) -> list[str] | None:
        """Where each request comes from, in the words of those tags; None where that does not matter."""
        return None

    def learn(self, item: Codes) -> None:
        """Take up the items (e,) that were consumed today, as the day passes."""

    def state(self) -> dict[str, npt.NDArray[np.float64]]:
        """What the past has left, by name."""
        return {}

    def restore(self, state: dict[str, npt.NDArray[np.float64]]) -> None:
        """Put `state` in the place of what the past has left."""

    def copy(self) -> Self:
        """One with a future of its own; state is never changed in place."""
        return copy.copy(self)
