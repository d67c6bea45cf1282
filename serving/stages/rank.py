"""Seventh stage: the heavy ranker's heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.interface import Floats
from serving.release.loaded import LoadedRelease
from serving.stages.assemble import Features


@dataclass(frozen=True)
class RawScores:
    """(n,) float32 per head, as the network gives it; empty without a ranker."""

    raw: Mapping[str, Floats]
    kept: int
    removed: Mapping[str, int] = field(default_factory=dict)


def rank(release: LoadedRelease, features: Features) -> RawScores:
    """Score every candidate as if its position were unknown: the bias of positions is not the item's merit."""
    if release.ranker is None or not features.kept:
        return RawScores({}, features.kept)
    return RawScores(release.ranker.raw_encoded(features.dense, features.categories), features.kept)
