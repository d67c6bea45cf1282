"""How much of exact search an index finds, with real queries: overall, and among head, tail and new items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.index import AUGMENTABLE, ItemIndex
from models.interface import Floats, Ints

Mask = npt.NDArray[np.bool_]
SEGMENTS = ("head", "tail", "new")
EXACT_BELOW = 2000
"""With fewer items exact search is as fast as any index and always right."""
LISTS_FROM = 100_000
"""With fewer items their codes are scanned whole as fast as in some lists."""
HEAD_SHARE = 0.5
"""Head items are the most popular ones that together have this share of the responses."""
NEW_RESPONSES = 5
"""An item with fewer responses than this is new."""


@dataclass(frozen=True)
class Recall:
    """Share of the exact top k that was found; of a segment: of those among the exact top k that belong to it.

    None where the exact answers hold no item of the segment.
    """

    overall: float
    head: float | None
    tail: float | None
    new: float | None

    def __str__(self) -> str:
        return " ".join(f"{name} {'-' if value is None else f'{value:.3f}'}" for name, value in asdict(self).items())


@dataclass(frozen=True)
class Attempt:
    """One index that was tried."""

    kind: str
    augmented: bool
    recall: Recall

    def __str__(self) -> str:
        return f"{self.kind}{' augmented' if self.augmented else ''}: {self.recall}"


def segments(responses: Floats, created: Ints, newest: int) -> dict[str, Mask]:
    """(n,) masks of head, tail and new items; an item may be both tail and new.

    `responses`: (n,) responses of each item. `created`: (n,) UTC microseconds, 0 if unknown; an item created at
    `newest` or later is new.
    """
    order = np.argsort(-responses, kind="stable")
    before = np.cumsum(responses[order]) - responses[order]
    head = np.zeros(len(responses), dtype=np.bool_)
    head[order] = before < HEAD_SHARE * responses.sum()
    return {"head": head, "tail": ~head, "new": (created >= newest) | (responses < NEW_RESPONSES)}


@dataclass(frozen=True)
class Judge:
    """Exact search over the (n, d) `vectors` for the (m, d) `queries`: what an index should have found.

    `k`: how many of the best count. `parts`: (n,) masks of the segments, as `segments` gives them.
    """

    vectors: Floats
    queries: Floats
    k: int
    parts: Mapping[str, Mask]

    @cached_property
    def exact(self) -> Ints:
        """(m, min(k, n)) rows of the exact answers."""
        return ItemIndex.build("flat", self.vectors, 0).search(self.queries, min(self.k, len(self.vectors)))[1]

    def recall(self, index: ItemIndex) -> Recall:
        """Recall@k of `index`; 1 overall where there is nothing to ask or to find."""
        if not self.exact.size:
            return Recall(1.0, None, None, None)
        found = index.search(self.queries, self.exact.shape[1])[1]
        hit = np.array([np.isin(right, got) for right, got in zip(self.exact, found, strict=True)])
        inside = {name: self.parts[name][self.exact] for name in SEGMENTS if name in self.parts}
        shares = {name: float(hit[mask].mean()) if mask.any() else None for name, mask in inside.items()}
        return Recall(float(hit.mean()), *(shares.get(name) for name in SEGMENTS))


def choose(judge: Judge, kinds: Sequence[str], bar: float, seed: int) -> tuple[ItemIndex, list[Attempt]]:
    """The first index, in the order of `kinds`, that reaches `bar`, and every attempt; the last is the one chosen.

    Approximate kinds are tried plain and then, where that means anything, augmented; exact search comes last of all.
    `ivf_pq` is for large catalogues and visits as many lists as it needs for the bar. Small catalogues, and those
    without a query to measure with, go straight to exact search.
    """
    attempts: list[Attempt] = []
    worthwhile = len(judge.vectors) >= EXACT_BELOW and len(judge.queries) > 0
    lists = len(judge.vectors) >= LISTS_FROM
    approximate = [kind for kind in kinds if kind != "flat" and (lists or kind != "ivf_pq")] if worthwhile else []
    ways = [(kind, extra) for kind in approximate for extra in (False, True) if not extra or kind in AUGMENTABLE]
    for kind, augmented in [*ways, ("flat", False)]:
        index = ItemIndex.build(kind, judge.vectors, seed, augmented=augmented)
        recall = judge.recall(index)
        while recall.overall < bar and index.widen():
            recall = judge.recall(index)
        attempts.append(Attempt(kind, augmented, recall))
        if recall.overall >= bar:
            break
    return index, attempts
