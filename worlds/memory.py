"""What users have consumed, and what they remember of it: a ring of item rows for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worlds.draws import Codes
from worlds.outcomes import Outcomes
from worlds.sessions import Requests

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Consumption:
    """e items consumed: (e,) user rows, item rows, and when (UTC microseconds)."""

    user: Codes
    item: Codes
    at: Codes


def consumption(asked: Requests, outcomes: Outcomes) -> Consumption:
    """What the users of `asked` consumed in `outcomes`."""
    mine = outcomes.outcome == outcomes.names.index(outcomes.consumed_by)
    at = outcomes.impression[mine]
    user = asked.user[at // outcomes.items.shape[1]]
    return Consumption(user, outcomes.items.ravel()[at], outcomes.occurred_at[mine])


def pushed(ring: Rows, eaten: Consumption) -> Rows:
    """`ring` (n, memory) with items put behind the older ones of their user, in order of time; repeats move up."""
    order = np.lexsort((eaten.item, eaten.at, eaten.user))
    user, item = eaten.user[order], eaten.item[order].astype(np.int32)
    pushed = ring.copy()
    people, start, count = np.unique(user, return_index=True, return_counts=True)
    for nth in range(int(count.max(initial=0))):
        now = count > nth
        who, new = people[now], item[start[now] + nth]
        held = pushed[who]
        keep = np.where(held == new[:, None], np.int32(-1), held)
        keep = np.take_along_axis(keep, np.argsort(keep != -1, axis=1, kind="stable"), axis=1)
        pushed[who] = np.concatenate([keep[:, 1:], new[:, None]], axis=1)
    return pushed
