"""The impressions of the held-out day on which the ranker's heads are measured, or corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluation.splits import calibration_half, split_ids
from jobs.gold.ranker_samples import ranker_samples
from jobs.judging.segment import Segment
from jobs.night import Night
from models.interface import Floats, Strings
from models.ranker_data import UNKNOWN_POSITION, RankerData, from_samples
from models.ranker_scoring import RankerScorer

Scores = Mapping[str, Floats]
"""Head to (n,) calibrated predictions."""


@dataclass(frozen=True)
class Samples:
    """What heads are measured on: n samples, and (n,) `users`, the request of a sample whose user is unknown."""

    data: RankerData
    users: Strings

    def __len__(self) -> int:
        return len(self.data)

    @property
    def groups(self) -> dict[str, Strings]:
        """(n,) device, country and position of each, as far as the surface has them."""
        data = self.data
        found = {
            kind: np.array([value or "unknown" for value in data.categories[kind]], dtype=object)
            for kind in ("device", "country")
            if kind in data.categories
        }
        known = (data.position != UNKNOWN_POSITION).any()
        return found | ({"position": data.position.astype(object)} if known else {})

    def take(self, rows: npt.NDArray[np.bool_]) -> Samples:
        """Those that the mask `rows` picks."""
        return Samples(self.data.take(rows), self.users[rows])


@dataclass(frozen=True)
class HeldOut:
    """The day's samples, labels as known at the night: `measured`, and those of the other users, on which calibrators
    may be fitted."""

    measured: Samples
    calibrating: Samples

    @classmethod
    def of(cls, night: Night, segment: Segment | None = None) -> HeldOut:
        """Those of the night's day. Raises UserError if `segment` has none to measure on."""
        rows = ranker_samples(night, [night.day])
        ids = split_ids(*(_strings(rows[name]) for name in ("user_id", "request_id")))
        calibrates, samples = calibration_half(ids), Samples(from_samples(rows, night.surface, night.day), ids)
        measured = samples.take(~calibrates)
        return cls(measured if segment is None else segment.of_samples(measured), samples.take(calibrates))


def held_out_samples(night: Night) -> RankerData:
    """The samples of the night's day that `calibration_half` leaves for measuring, labels as known at the night."""
    return HeldOut.of(night).measured.data


def scores(ranker: Path, samples: Samples) -> Scores:
    """What the ranker in folder `ranker` predicts, by head; of no sample nothing."""
    if not len(samples):
        return {}
    return RankerScorer.load(ranker).score(samples.data.dense, samples.data.categories)


def _strings(column: object) -> npt.NDArray[np.object_]:
    array: npt.NDArray[np.object_] = column.to_numpy(zero_copy_only=False)  # type: ignore[attr-defined]
    return array
