"""Calibration of ranker heads, applied by numpy alone: monotone maps from raw scores to probabilities or amounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from models.interface import Floats
from schemas.errors import UserError

CALIBRATION = "calibration.json"
FORMAT = 1
CLIP = 1e-7
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""

Method = Literal["identity", "platt", "beta", "scale", "isotonic"]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibrator:
    """One head's map. It never decreases, so it never changes an order (isotonic may tie neighbours).

    - `identity`: p.
    - `platt`: sigmoid(a logit(p) + c), a >= 0 (Platt 1999, on the logit).
    - `beta`: sigmoid(a ln p - b ln(1 - p) + c), a, b >= 0 (Kull, Silva Filho, Flach 2017, "Beta calibration").
    - `scale`: a p, for amounts.
    - `isotonic`: linear between the `knots` (x, y) (Zadrozny, Elkan 2002), constant outside.

    `rows` and `loss` say what it was fitted on and its cross-validated loss; `reason` why a head was left as it is.
    """

    method: Method
    a: float = 1.0
    b: float = 1.0
    c: float = 0.0
    knots: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    rows: int = 0
    loss: float | None = None
    reason: str = ""

    def apply(self, raw: Floats | Doubles) -> Floats:
        """(n,) float32 calibrated values of (n,) `raw`."""
        values = np.asarray(raw, dtype=np.float64)
        if self.method == "isotonic":
            mapped = np.interp(values, *self.knots)
        elif self.method == "scale":
            mapped = self.a * values
        elif self.method == "identity":
            mapped = values
        else:
            p = np.clip(values, CLIP, 1 - CLIP)
            slopes = (self.a, self.a if self.method == "platt" else self.b)
            mapped = 1 / (1 + np.exp(-(slopes[0] * np.log(p) - slopes[1] * np.log1p(-p) + self.c)))
        return mapped.astype(np.float32)


@dataclass(frozen=True)
class Calibration:
    """A calibrator per head."""

    heads: Mapping[str, Calibrator]

    def apply(self, raw: Mapping[str, Floats]) -> dict[str, Floats]:
        """Calibrated values of every head in `raw`; raises KeyError for a head without a calibrator."""
        return {head: self.heads[head].apply(values) for head, values in raw.items()}

    @property
    def uncalibrated(self) -> dict[str, str]:
        """The reason per head that was left as it is for want of labels."""
        return {head: calibrator.reason for head, calibrator in self.heads.items() if calibrator.reason}

    def save(self, folder: Path) -> None:
        """Write `calibration.json` into `folder`."""
        content = {"format": FORMAT, "heads": {head: asdict(calibrator) for head, calibrator in self.heads.items()}}
        (folder / CALIBRATION).write_text(json.dumps(content, indent=1))

    @classmethod
    def load(cls, folder: Path) -> Calibration:
        """What `save` wrote; raises UserError if it is not there or of another format."""
        path = folder / CALIBRATION
        if not path.exists():
            raise UserError(f"{folder} holds no {CALIBRATION}", fix="run train_ranker again: it writes one")
        content = json.loads(path.read_text())
        if content["format"] != FORMAT:
            raise UserError(
                f"{path}: found format {content['format']}; expected {FORMAT}", fix="run train_ranker again"
            )
        return cls({head: _calibrator(stored) for head, stored in content["heads"].items()})


def _calibrator(stored: dict[str, Any]) -> Calibrator:
    x, y = stored.pop("knots")
    return Calibrator(**stored, knots=(tuple(x), tuple(y)))
