"""A primary metric under one treatment: its effect, looked at once or daily, and what that shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from evaluation.experiments.cuped import Reduction
from evaluation.experiments.distribution import Ranks, Resampled
from evaluation.experiments.effect import Effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.sequential import Look

State = Literal["better", "worse", "open"]


@dataclass(frozen=True)
class Finding:
    """`effect`: as of one look. `adjusted`: its p by Holm over all primary comparisons. `looks`: a confidence sequence
    at a level that holds for all of them together; empty where one look was planned. `ranks`, `resampled`: the same
    question asked of ranks and by bootstrap; they decide nothing.
    """

    metric: Metric
    effect: Effect
    adjusted: float
    daily: bool
    looks: tuple[Look, ...] = field(default=(), repr=False)
    cuped: Reduction | None = None
    ranks: Ranks | None = None
    resampled: Resampled | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high) of the relative effect that the verdict rests on; None where there is none yet."""
        if not self.daily:
            found = self.effect
            if found.relative_low is None or found.relative_high is None:
                return None
            return found.relative_low, found.relative_high
        relative = self.looks[-1].relative if self.looks else None
        return None if relative is None else (relative[0], relative[2])

    @property
    def most(self) -> float | None:
        """The greatest gain that is not ruled out, as a share."""
        if self.interval is None:
            return None
        low, high = self.interval
        return -low if self.metric.lower_is_better else high

    @property
    def state(self) -> State:
        """What is shown, at the question's level for all primary comparisons together."""
        if self.daily:
            low, high = (self.looks[-1].low, self.looks[-1].high) if self.looks else (-1.0, 1.0)
        else:
            shown = self.adjusted < 1 - self.effect.level
            low = self.effect.difference if shown else -1.0
            high = self.effect.difference if shown else 1.0
        if not (low > 0 or high < 0):
            return "open"
        return "better" if (low > 0) != self.metric.lower_is_better else "worse"

    def __str__(self) -> str:
        value = self.effect.relative
        name = self.metric.name
        if value is None:
            return f"{name} {self.effect.difference:+.4g} ({self.effect.low:+.4g} to {self.effect.high:+.4g})"
        if self.daily and self.looks and self.looks[-1].relative is not None:
            value = self.looks[-1].relative[1]
        if self.interval is None:
            return f"{name} {value:+.2%} (too few users for an interval)"
        return f"{name} {value:+.2%} ({self.interval[0]:+.2%} to {self.interval[1]:+.2%})"
