"""Fifth stage: the ranker's heads, each calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.interface import Floats
from serving.release.loaded import LoadedRelease
from serving.stages.assemble import Features


@dataclass(frozen=True)
class Scores:
    """(n,) float32 per head, as the network gives it (`raw`) and `calibrated`; both empty without a ranker."""

    raw: Mapping[str, Floats]
    calibrated: Mapping[str, Floats]
    kept: int
    removed: Mapping[str, int] = field(default_factory=dict)


def rank(release: LoadedRelease, features: Features) -> Scores:
    """Score every candidate as if its position were unknown: the bias of positions is not the item's merit."""
    if release.ranker is None or not features.kept:
        return Scores({}, {}, features.kept)
    raw = release.ranker.raw(features.dense, features.categories)
    return Scores(raw, release.ranker.calibration.apply(raw), features.kept)
