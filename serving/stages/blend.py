"""Third stage: one list of candidates out of what the sources offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.interface import Floats
from serving.ask import Ask
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease
from serving.stages.merge import Brought, Mask, merge
from serving.stages.retrieve import Offers
from serving.trace import nonzero


@dataclass(frozen=True)
class Candidates:
    """n candidates: catalogue `rows`, fused `scores` (n,) and the `sources` that brought each; best first, unless a
    later stage ordered them otherwise."""

    rows: Rows
    scores: Floats
    sources: Brought
    removed: Mapping[str, int]

    @property
    def kept(self) -> int:
        return len(self.rows)

    def take(self, places: Rows | Mask, removed: Mapping[str, int] | None = None) -> Candidates:
        """Those at `places`, after `removed` were left out."""
        return Candidates(self.rows[places], self.scores[places], self.sources.take(places), nonzero(removed or {}))


def blend(release: LoadedRelease, ask: Ask, offers: Offers) -> Candidates:
    """The surface's number of candidates (never fewer than slots), each once, within the quotas."""
    surface = release.surface
    listed = {name: offer.rows for name, offer in offers.by_source.items()}
    merged = merge(listed, release.quotas, max(surface.slate.candidates, release.size_of(ask)))
    return Candidates(
        rows=merged.rows,
        scores=merged.scores,
        sources=merged.brought,
        removed=nonzero({"duplicate": merged.duplicates, "over the limit": merged.cut}),
    )


def ordered(rows: Rows, source: str) -> Candidates:
    """`rows`, best first, as candidates that `source` alone brought; scores fall from 1."""
    scores = (1.0 - np.arange(len(rows)) / max(len(rows), 1)).astype(np.float32)
    return Candidates(rows, scores, Brought([source], np.ones((len(rows), 1), dtype=np.bool_)), {})
