"""Eighth stage: every head's scores as probabilities and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.interface import Floats
from serving.release.loaded import LoadedRelease
from serving.stages.rank import RawScores


@dataclass(frozen=True)
class Scores:
    """(n,) float32 per head, as the network gives it (`raw`) and `calibrated`; both empty where no ranker scored."""

    raw: Mapping[str, Floats]
    calibrated: Mapping[str, Floats]
    kept: int
    removed: Mapping[str, int] = field(default_factory=dict)


def calibrate(release: LoadedRelease, scores: RawScores) -> Scores:
    """The scores with each head's own calibration beside them."""
    if release.ranker is None:
        return Scores({}, {}, scores.kept)
    return Scores(scores.raw, release.ranker.calibration.apply(scores.raw), scores.kept)
