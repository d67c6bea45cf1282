"""What the suites compare a day with: the trailing week."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

LEAST_DAYS = 3
"""With fewer trailing days than this, nothing is compared with the past."""


@dataclass(frozen=True)
class Facts:
    """Of one table and day: rows of each trailing day, and each label's (mean, count) over them and today's count."""

    day: date
    trailing_rows: Mapping[date, int] = field(default_factory=dict)
    label_means: Mapping[str, float] = field(default_factory=dict)
    label_counts: Mapping[str, int] = field(default_factory=dict)

    def usual_rows(self) -> float | None:
        """Median rows a day over the trailing week; None with too few days to tell."""
        rows = [count for count in self.trailing_rows.values() if count]
        return statistics.median(rows) if len(rows) >= LEAST_DAYS else None

    def label_range(self, label: str, factor: float) -> tuple[float, float] | None:
        """Allowed mean of `label` today: the trailing mean over / times `factor`, widened by four standard errors.

        None if the past or today holds too few labels to tell. The standard error is that of a Poisson count.
        """
        mean, count = self.label_means.get(label), self.label_counts.get(label, 0)
        if mean is None or mean <= 0 or count < 100 or self.usual_rows() is None:
            return None
        noise = 4 * math.sqrt(mean / count)
        return max(0.0, mean / factor - noise), mean * factor + noise
