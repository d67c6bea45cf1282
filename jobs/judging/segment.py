"""A part of the users of a held-out day, named on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schemas.errors import UserError

if TYPE_CHECKING:
    from jobs.judging.held_out import HeldOutDay
    from jobs.judging.samples import Samples

KINDS = ("country", "device")


@dataclass(frozen=True)
class Segment:
    """Those whose `kind` (one of KINDS) is `value`."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}={self.value}"

    @classmethod
    def parse(cls, text: str | None) -> Segment | None:
        """`country=DE`; None for None. Raises UserError for what is no segment."""
        if text is None:
            return None
        kind, _, value = text.partition("=")
        if kind not in KINDS or not value:
            raise UserError(f"segment: found {text!r}; allowed are {', '.join(f'{kind}=...' for kind in KINDS)}")
        return cls(kind, value)

    def of_day(self, day: HeldOutDay) -> HeldOutDay:
        """The users of the segment. Raises UserError, with those there are, if it is empty."""
        values = [getattr(ask, self.kind) or "unknown" for ask in day.asks]
        rows = [row for row, value in enumerate(values) if value == self.value]
        if not rows:
            there = ", ".join(sorted(set(values))) or "none"
            raise UserError(f"segment {self}: no user with responses is in it", fix=f"values of {self.kind}: {there}")
        return day.take(rows)

    def of_samples(self, samples: Samples) -> Samples:
        """The samples of the segment. Raises UserError if there is none."""
        column = samples.data.categories[self.kind].tolist()
        kept = np.array([(value or "unknown") == self.value for value in column], dtype=np.bool_)
        if not kept.any():
            raise UserError(f"segment {self}: no impression is in it", fix="name another, or leave --segment out")
        return samples.take(kept)
