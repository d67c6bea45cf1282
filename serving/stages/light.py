"""Fifth stage: the light ranker, which leaves to the heavy one what it can afford to score.

Nothing is fitted. An item's score is its fused retrieval score, which is personal, times how much better than the
average candidate the release's own batch features say it does for everybody: the surface's value of its smoothed
rates, as a ratio that is kept within a factor of four. It runs before the features, so that only what the heavy
ranker will see is looked up in full. It is also what ranks when the heavy ranker does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.interface import Floats
from serving.ask import Ask
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease
from serving.stages.blend import Candidates

AT_MOST = 4.0
"""The factor by which the average response may raise or lower what retrieval says."""


@dataclass(frozen=True)
class Lit:
    """The `candidates` that are left, best first if any were cut, and the light `scores` (n,) of each."""

    candidates: Candidates
    scores: Floats
    removed: Mapping[str, int]

    @property
    def kept(self) -> int:
        return self.candidates.kept


def light(release: LoadedRelease, ask: Ask, candidates: Candidates) -> Lit:
    """The best `heavy` candidates (never fewer than slots) by light score; all, in the merged order, where the surface
    leaves all to the heavy ranker. On a surface without ranker the light score is the merged one."""
    scores = candidates.scores
    if release.ranker is not None:
        scores = (scores * average_response(release, candidates.rows)).astype(np.float32)
    heavy = release.surface.slate.heavy
    keep = candidates.kept if heavy is None else max(heavy, release.size_of(ask))
    if keep >= candidates.kept:
        return Lit(candidates, scores, {})
    best = np.argsort(-scores, kind="stable")[:keep]
    return Lit(candidates.take(best), scores[best], {"light ranker": candidates.kept - keep})


def average_response(release: LoadedRelease, rows: Rows) -> Floats:
    """(n,) value of each item to everybody relative to the mean of `rows`, between 1/4 and 4; 1 where none is known."""
    value = np.zeros(len(rows), dtype=np.float64)
    if not release.rates:
        return np.ones(len(rows), dtype=np.float32)
    found = np.ascontiguousarray(release.tables["item"].values[release.item_side["item"][rows]].T)
    for outcome, column, logarithm in release.rates:
        rate = np.expm1(found[column]) if logarithm else found[column]
        value += release.surface.value[outcome] * rate
    mean = np.nanmean(value) if np.isfinite(value).any() else np.nan
    if not mean > 0:
        return np.ones(len(rows), dtype=np.float32)
    relative = np.clip(np.nan_to_num(value / mean, nan=1.0), 1 / AT_MOST, AT_MOST)
    return np.asarray(relative, dtype=np.float32)
