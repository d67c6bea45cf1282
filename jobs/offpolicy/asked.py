"""What an off-policy evaluation is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from surfaces.surface import Surface

SAMPLE = 2000
"""Requests a day (at most) that the target answers again: some 10 to 20 ms each."""
LOOKED_AT = 300
"""Requests (at most) that the release which logged them answers again: a share is then known to two or three points."""


@dataclass(frozen=True)
class Asked:
    """What is to be evaluated: which `days`, at most `sample` requests of each, the first `top` slots (None: all), on
    requests of `segment` (column of the request log to value) at a confidence `level`; the target under another
    `surface` file, if one is given. What logging never shows is looked for on `looked_at` requests."""

    days: Sequence[date]
    sample: int = SAMPLE
    top: int | None = None
    level: float = 0.95
    segment: Mapping[str, str] = field(default_factory=dict)
    surface: Surface | None = None
    looked_at: int = LOOKED_AT
