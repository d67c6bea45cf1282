"""Third stage: one list of candidates out of what the sources offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.interface import Floats
from serving.ask import Ask
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease
from serving.stages.merge import merge
from serving.stages.retrieve import Offers
from serving.trace import nonzero


@dataclass(frozen=True)
class Candidates:
    """n candidates, best first: catalogue `rows`, fused `scores` (n,) and the `sources` that brought each."""

    rows: Rows
    scores: Floats
    sources: list[tuple[str, ...]]
    removed: Mapping[str, int]

    @property
    def kept(self) -> int:
        return len(self.rows)


def blend(release: LoadedRelease, ask: Ask, offers: Offers) -> Candidates:
    """The surface's number of candidates (never fewer than slots), each once, within the quotas."""
    surface = release.surface
    listed = {name: offer.rows.tolist() for name, offer in offers.by_source.items()}
    merged = merge(listed, surface.retrieval, max(surface.slate.candidates, release.size_of(ask)))
    return Candidates(
        rows=np.array(merged.items, dtype=np.int64),
        scores=np.array(merged.scores, dtype=np.float32),
        sources=merged.sources,
        removed=nonzero({"duplicate": merged.duplicates, "over the limit": merged.cut}),
    )
