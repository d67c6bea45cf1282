"""Two groups of users with tastes of their own: which items each should be offered is obvious."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from models.interface import Catalogue, Interactions, Recommended, Requests
from models.vocabulary import strings

GROUPS = (tuple(f"jazz-{n}" for n in range(6)), tuple(f"rock-{n}" for n in range(6)))
"""Items of each group."""
NOTHING: list[tuple[str, str, float, int]] = []


def interactions(rows: Iterable[tuple[str, str, float, int]]) -> Interactions:
    """Rows of (user, item, weight, time)."""
    listed = list(rows)
    return Interactions(
        strings(row[0] for row in listed),
        strings(row[1] for row in listed),
        np.array([row[2] for row in listed], np.float32),
        np.array([row[3] for row in listed], np.int64),
    )


def catalogue(ids: Sequence[str], topics: Sequence[str] | None = None) -> Catalogue:
    nothing = strings("" for _ in ids)
    width = (len(ids), 0)
    known = nothing if topics is None else strings(topics)
    return Catalogue(strings(ids), nothing, known, np.zeros(width, np.float32), np.zeros(len(ids), np.int64))


def two_groups(users: int = 40) -> Interactions:
    """Each user responds, in any order, to five items of its group; `jazz-user-3` leaves out `jazz-3`."""
    rng = np.random.default_rng(0)
    rows = []
    for group, items in zip(("jazz", "rock"), GROUPS, strict=True):
        for user in range(users):
            responded = [n for n in range(len(items)) if n != user % len(items)]
            times = rng.permutation(len(responded)).tolist()
            rows += [(f"{group}-user-{user}", items[n], 1.0, time) for n, time in zip(responded, times, strict=True)]
    return interactions(rows)


def everything() -> Catalogue:
    items = [item for group in GROUPS for item in group]
    return catalogue(items, [item.split("-")[0] for item in items])


def request(user: str | None = None, history: Sequence[str] = (), seen: Sequence[str] | None = None) -> Requests:
    """One request; what is in the history is seen, unless `seen` says otherwise."""
    return Requests([user], [list(history)], [list(history if seen is None else seen)])


def offered(recommended: Recommended, row: int = 0) -> list[str]:
    """The items of one request, without the empty places."""
    return [item for item in recommended.items[row].tolist() if item]
