"""At most so many items of each creator, or of each topic."""

from __future__ import annotations

import numpy as np

from serving.slate.pool import Codes, Mask


class Cap:
    """At most `most` items of each code; the code -1 (unknown) is not counted."""

    def __init__(self, name: str, codes: Codes, most: int) -> None:
        self.name = name
        self._codes, self._most = codes, most
        self._taken: dict[int, int] = {}
        self._within: Mask | None = None

    def allowed(self) -> Mask | None:
        return self._within

    def take(self, index: int) -> None:
        code = int(self._codes[index])
        if code < 0:
            return
        taken = self._taken[code] = self._taken.get(code, 0) + 1
        if taken == self._most:
            others = self._codes != code
            self._within = others if self._within is None else np.logical_and(self._within, others)
