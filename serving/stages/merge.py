"""Candidates of several retrieval sources as one deduplicated list that remembers who brought what.

A pure function of ranked lists, so that offline evaluation blends exactly as serving does.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from surfaces.surface import Source

Item = TypeVar("Item", bound=Hashable)
Name = TypeVar("Name", bound=str)

DAMPING = 60
"""The k of reciprocal rank fusion (Cormack, Clarke, Buettcher: SIGIR 2009)."""


@dataclass(frozen=True)
class Merged(Generic[Item]):
    """`items` best first with the fused `scores` of each and the `sources` that brought it, in the surface's order.

    `duplicates`: offers of an item that another source had offered too. `cut`: distinct items beyond the limit.
    """

    items: list[Item]
    scores: list[float]
    sources: list[tuple[str, ...]]
    duplicates: int
    cut: int

    def __len__(self) -> int:
        return len(self.items)


def merge(candidates: Mapping[Any, Sequence[Item]], quotas: Mapping[Name, Source], limit: int) -> Merged[Item]:
    """At most `limit` items from `candidates` (source name to its items, best first; `""` is no item).

    Each source brings at most its `max_quota`; its first `min_quota` are kept before the limit cuts anything. Order
    is by reciprocal rank fusion, the sum over sources of 1 / (60 + rank); ties keep the order of `quotas`.
    """
    fused: dict[Item, float] = {}
    brought: dict[Item, list[str]] = {}
    promised: set[Item] = set()
    offers = 0
    for source, quota in quotas.items():
        for rank, item in enumerate(candidates.get(source, ())[: quota.max_quota]):
            if item == "":
                continue
            offers += 1
            fused[item] = fused.get(item, 0.0) + 1.0 / (DAMPING + rank)
            brought.setdefault(item, []).append(source)
            if rank < quota.min_quota:
                promised.add(item)
    kept = _within(sorted(fused, key=fused.__getitem__, reverse=True), promised, limit)
    return Merged(
        items=kept,
        scores=[fused[item] for item in kept],
        sources=[tuple(brought[item]) for item in kept],
        duplicates=offers - len(fused),
        cut=len(fused) - len(kept),
    )


def _within(ordered: list[Item], promised: set[Item], limit: int) -> list[Item]:
    """The first `limit` of `ordered`, the promised ones taken in first; the order stays."""
    if len(ordered) <= limit:
        return ordered
    chosen = set([item for item in ordered if item in promised][:limit])
    for item in ordered:
        if len(chosen) >= limit:
            break
        chosen.add(item)
    return [item for item in ordered if item in chosen]
