"""Ninth stage: one value per candidate out of the scores of all heads, by the surface's weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.interface import Floats
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease
from serving.stages.blend import Candidates
from serving.stages.calibrate import Scores


@dataclass(frozen=True)
class Values:
    """`value` (n,) float32 of each candidate, and `order`, the candidates best first (ties as they were merged)."""

    value: Floats
    order: Rows
    removed: Mapping[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return len(self.value)


def combine(release: LoadedRelease, candidates: Candidates, scores: Scores) -> Values:
    """The weighted sum of the calibrated head scores; where no ranker scored, the candidates' own scores."""
    value = candidates.scores
    if scores.calibrated:
        value = np.zeros(candidates.kept, dtype=np.float32)
        for head, weight in release.surface.value.items():
            value = value + np.float32(weight) * scores.calibrated[head]
    return Values(value, np.argsort(-value, kind="stable").astype(np.int64))
