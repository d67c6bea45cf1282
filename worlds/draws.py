"""Counter-based chance: every draw is a pure function of (seed, world, purpose) and of what it is drawn for.

No generator carries state, so a draw does not depend on what was drawn before, on chunks or on processes, and two
policies shown to the same request meet the same luck. The mixer is SplitMix64's (Steele, Lea and Flood, 2014).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
Ids = npt.NDArray[Any] | int

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_27, _30, _31, _11 = (np.uint64(shift) for shift in (27, 30, 31, 11))


def mix(words: Words) -> Words:
    """SplitMix64's finaliser of each of `words`, in a new array of the same shape."""
    z = words + _GOLDEN
    z ^= z >> _30
    z *= _FIRST
    z ^= z >> _27
    z *= _SECOND
    z ^= z >> _31
    return z


@dataclass(frozen=True)
class Stream:
    """The draws of one purpose. `key` is derived from the seed, the world and the purpose."""

    key: np.uint64

    @staticmethod
    def of(seed: int, world: str, purpose: str) -> Stream:
        """The stream of `purpose` in `world` under `seed`."""
        digest = hashlib.sha256(f"{seed}\x1f{world}\x1f{purpose}".encode()).digest()
        return Stream(np.uint64(int.from_bytes(digest[:8], "big")))

    def words(self, *ids: Ids) -> Words:
        """64 random bits for each combination of `ids`, integers that broadcast against each other."""
        with np.errstate(over="ignore"):
            found: Words = np.atleast_1d(self.key)
            for one in ids:
                found = mix(found + np.asarray(one).astype(np.uint64) * _GOLDEN)
            return found

    def uniform(self, *ids: Ids) -> Floats:
        """Numbers in (0, 1), uniform, with the 52 bits that stay exact at both ends."""
        return ((self.words(*ids) >> _11).astype(np.float64) + 0.5) * (1.0 / (1 << 53))

    def normal(self, *ids: Ids) -> Floats:
        """Standard normal numbers."""
        return np.asarray(ndtri(self.uniform(*ids)), dtype=np.float64)

    def below(self, count: int | Codes, *ids: Ids) -> Codes:
        """Whole numbers in [0, count)."""
        return np.asarray(np.minimum((self.uniform(*ids) * count).astype(np.int64), np.asarray(count) - 1))

    def choice(self, shares: Floats | tuple[float, ...], *ids: Ids) -> Codes:
        """Whole numbers drawn with the probabilities `shares` (c,)."""
        edges = np.cumsum(np.asarray(shares, dtype=np.float64))
        found = np.searchsorted(edges / edges[-1], self.uniform(*ids), side="right")
        return np.asarray(np.minimum(found, len(edges) - 1), dtype=np.int64)


class Streams:
    """The streams of one world under one seed, by purpose."""

    def __init__(self, seed: int, world: str) -> None:
        self.seed, self.world = seed, world
        self._known: dict[str, Stream] = {}

    def __getitem__(self, purpose: str) -> Stream:
        if purpose not in self._known:
            self._known[purpose] = Stream.of(self.seed, self.world, purpose)
        return self._known[purpose]


def poisson(rate: Floats, luck: Floats, most: int) -> Codes:
    """Poisson counts of `rate` (n,) by inversion of `luck` (n,), at most `most`."""
    count = np.zeros(len(rate), dtype=np.int64)
    term = np.exp(-rate)
    below = term.copy()
    for number in range(1, most + 1):
        more = luck > below
        if not more.any():
            break
        count += more
        term = term * rate / number
        below += term
    return count


def geometric(mean: float, luck: Floats, most: int) -> Codes:
    """Counts from 1 with the given mean by inversion of `luck`, at most `most`."""
    if mean <= 1.0:
        return np.ones(luck.shape, dtype=np.int64)
    count = np.ceil(np.log(luck) / np.log1p(-1.0 / mean)).astype(np.int64)
    return np.asarray(np.clip(count, 1, most))
