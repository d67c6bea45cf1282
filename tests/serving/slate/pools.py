"""Small pools whose right slates are obvious."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.slate.distributions import Plan
from serving.slate.draw import Draw, draw
from serving.slate.pool import RANKED, RESERVE, SEEN, Pool, relevance
from surfaces.slate import Slate


def pool_of(
    creators: Sequence[int],
    topics: Sequence[int] | None = None,
    tiers: Sequence[int] | None = None,
    members: Mapping[str, Sequence[int]] | None = None,
    **more: Any,
) -> Pool:
    """Items 0, 1, 2 ..., each worth less than the one before; `members` names the items of each kind."""
    n = len(creators)
    tier = np.array(tiers if tiers is not None else [RANKED] * n, dtype=np.int64)
    counts = [int((tier == one).sum()) for one in (RANKED, RESERVE, SEEN)]
    masks = {name: np.isin(np.arange(n), listed) for name, listed in (members or {}).items()}
    return Pool(
        items=np.arange(n, dtype=np.int64),
        relevance=relevance(np.arange(counts[0], 0, -1, dtype=np.float64), counts[1], counts[2]),
        tiers=tier,
        creators=np.array(creators, dtype=np.int64),
        topics=np.array(topics if topics is not None else [-1] * n, dtype=np.int64),
        members=masks,
        **more,
    )


def drawn(pool: Pool, slate: Slate, size: int, request_id: str = "r") -> list[Draw]:
    """One slate."""
    return draw(pool, Plan.of(slate, size), request_id)[1]


def shown(found: Sequence[Draw]) -> list[int]:
    """What stands on it, from the top."""
    return [one.index for one in found]
