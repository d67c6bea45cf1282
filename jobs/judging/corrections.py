"""What other ways of correcting a ranker's heads would have left of their calibration error.

Each is fitted on the users of the held-out day that calibrate, and measured on the others, as the served one is: so
the night shows whether the release's own calibrator was a good choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluation import calibration
from evaluation.heads import log_loss
from jobs.judging.samples import Samples
from models.calibration_fit import METHODS
from models.interface import Floats
from models.ranker_scoring import RankerScorer
from schemas.evaluation import Correction

TRIED = ("platt", "isotonic")
"""Besides `none`, `temperature` and what is `served`."""


def tried(
    ranker: Path, calibrating: Samples, measured: Samples, kinds: Mapping[str, str], seed: int
) -> dict[str, dict[str, Correction]]:
    """By binary head and way of correcting: what is left on `measured`; the ways that can be fitted."""
    scorer = RankerScorer.load(ranker)
    to_fit = scorer.raw(calibrating.data.dense, calibrating.data.categories) if len(calibrating) else {}
    raw = scorer.raw(measured.data.dense, measured.data.categories)
    served = scorer.calibration.apply(raw)
    found = {}
    for head, kind in kinds.items():
        if kind == "binary" and head in raw and not np.isnan(measured.data.labels[head]).all():
            ways = {"served": served[head], "none": raw[head]}
            if head in to_fit:
                ways |= _corrected(to_fit[head], calibrating.data.labels[head], raw[head])
            found[head] = {way: _left(one, measured, head, seed) for way, one in ways.items()}
    return found


def _corrected(to_fit: Floats, labels: Floats, raw: Floats) -> dict[str, npt.NDArray[np.floating]]:
    """`raw` as each way corrects it that (n,) `to_fit` and `labels`, NaN left out, can teach."""
    known = ~np.isnan(labels)
    scores, target = to_fit[known].astype(np.float64), labels[known].astype(np.float64)
    if not len(target) or target.min() == target.max():
        return {}
    fitted = {way: METHODS[way](scores, target) for way in TRIED}
    found: dict[str, npt.NDArray[np.floating]] = {way: one.apply(raw) for way, one in fitted.items() if one is not None}
    return found | {"temperature": calibration.at_temperature(raw, calibration.temperature(target, scores))}


def _left(predicted: npt.NDArray[np.floating], measured: Samples, head: str, seed: int) -> Correction:
    labels = measured.data.labels[head]
    found = calibration.measure(labels, predicted, measured.users, seed).ece
    return Correction(found.value, *found.limits, log_loss(labels, predicted))
