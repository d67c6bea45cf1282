"""Users as the units of chance: groups of users that a counter-based hash finds, the same in every block."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.uint64]
Groups = npt.NDArray[np.int64]

GROUPS = 4096
"""Groups that users are hashed into. Sums of independent users are independent too, so a variance between groups is one
between users with (at most) this many degrees of freedom; and sums of groups do not grow with users."""


def user_codes(ids: npt.NDArray[np.object_] | list[str]) -> Codes:
    """(n,) 64-bit codes of user ids (strings): the same in every process."""
    return np.asarray(pd.util.hash_array(np.asarray(ids, dtype=object), categorize=False), dtype=np.uint64)


def mixed(values: Codes) -> Codes:
    """The finaliser of splitmix64 (Steele, Lea, Flood: OOPSLA 2014): every bit of the answer depends on every bit."""
    with np.errstate(over="ignore"):
        found = values + np.uint64(0x9E3779B97F4A7C15)
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(found ^ (found >> np.uint64(31)))


def group_of(users: Codes) -> Groups:
    """(n,) the group in [0, GROUPS) of each user."""
    return np.asarray(mixed(np.asarray(users, dtype=np.uint64)) % np.uint64(GROUPS)).astype(np.int64)


@functools.lru_cache(maxsize=2)
def poisson_weights(seed: int, replicates: int) -> npt.NDArray[np.float32]:
    """(GROUPS, replicates) draws from Poisson(1) as float32: a counter-based hash of (seed, replicate, group).

    So a user has the same weight wherever they come up. Poisson weights are the bootstrap of a stream: no replicate
    needs to know how many rows there will be (Chamandy et al. 2012, "Estimating uncertainty for massive data streams").
    """
    lanes = GROUPS // 4
    counters = np.arange(replicates * lanes, dtype=np.uint64) + (np.uint64(seed) << np.uint64(32))
    found = np.ascontiguousarray(_POISSON[mixed(mixed(counters)).view(np.uint16).reshape(replicates, GROUPS)].T)
    found.setflags(write=False)
    return found


def _table() -> npt.NDArray[np.float32]:
    """The Poisson(1) quantile at the middle of each of 2^16 equal parts of [0, 1)."""
    masses = np.cumprod([np.exp(-1.0), *(1.0 / np.arange(1, 20))])
    middles = (np.arange(65536) + 0.5) / 65536
    return np.searchsorted(np.cumsum(masses), middles, side="right").astype(np.float32)


_POISSON = _table()
