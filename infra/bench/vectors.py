"""Made-up item and user vectors that are as hard to search as trained ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.interface import Floats

TASTES = 4
"""Items that a user's vector is the mean of."""


@dataclass(frozen=True)
class Shape:
    """How vectors lie: their covariance has the participation ratio of `directions` equal ones, and a share `between`
    of it is that of the centres of sqrt(n) clusters."""

    directions: float
    between: float


class Cloud:
    """Vectors of `size` coordinates about sqrt(n) centres, drawn with `rng`."""

    def __init__(self, shape: Shape, size: int, n: int, rng: np.random.Generator) -> None:
        self._shape, self._rng = shape, rng
        turned, _ = np.linalg.qr(rng.standard_normal((size, size)))
        self._axes = (_spread(size, shape.directions)[:, None] * turned).astype(np.float32)
        self._centres = self._normal(max(1, round(n**0.5)))

    def items(self, n: int) -> Floats:
        """(n, size) vectors of unit length."""
        near = self._centres[self._rng.integers(0, len(self._centres), n)]
        between = np.float32(self._shape.between)
        return _unit(np.sqrt(between) * near + np.sqrt(1 - between) * self._normal(n))

    def users(self, n: int) -> Floats:
        """(n, size) vectors of unit length, each of who likes several items."""
        return _unit(np.sum([self.items(n) for _ in range(TASTES)], axis=0))

    def _normal(self, n: int) -> Floats:
        found: Floats = self._rng.standard_normal((n, len(self._axes)), dtype=np.float32) @ self._axes
        return found


def _spread(size: int, directions: float) -> Floats:
    """(size,) standard deviations that fall evenly, with variances of participation ratio `directions`."""
    low, high = 0.0, 1.0
    for _ in range(50):
        fall = (low + high) / 2
        variances = np.exp(-fall * np.arange(size))
        low, high = (fall, high) if variances.sum() ** 2 / np.square(variances).sum() > directions else (low, fall)
    return np.sqrt(variances).astype(np.float32)  # type: ignore[no-any-return]


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
