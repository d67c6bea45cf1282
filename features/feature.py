"""What a feature is: its name, tier, entity, default, and how it is computed, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from schemas.contract import Field

Tier = Literal["request", "realtime", "batch"]
Scale = Literal["linear", "log1p", "lift"]

IMPRESSIONS = "impressions"
RESPONSE = "response"
"""The numerator that sums a surface's positive outcomes, each times its weight in `training.positives`."""


@dataclass(frozen=True)
class Window:
    """A sum over the arrival days of the last `days` days, or a smoothed ratio of two such sums.

    With `denominator`, the value is (numerator + strength * prior) / (denominator + strength), the posterior mean
    under a Beta (or Gamma) prior worth `strength` observations, whose mean `prior` is the ratio over all items in the
    same window. Scale `log1p` is ln(1 + value); `lift` is ln(value / prior), 0 for what responds like the average.
    With `half_life`, each day counts 0.5 ** (age in days / half_life). `weights` are those of the outcomes that
    numerator `response` sums.
    """

    numerator: str
    days: int
    denominator: str | None = None
    strength: float = 0.0
    scale: Scale = "log1p"
    half_life: float | None = None
    weights: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class FirstSeen:
    """Days since the first arrival day within the last `days` days that had an impression; 0 on that day."""

    days: int


@dataclass(frozen=True)
class AtRequest:
    """Computed by `features.request` from the context of the request; null where what it needs is unknown."""

    needs: str


@dataclass(frozen=True)
class FromSession:
    """Computed by `features.realtime` from the session that goes on, frozen into the request log; null without one."""

    of: str


@dataclass(frozen=True)
class Unknown:
    """1 where batch feature `of` is null (nothing was known the day before), else 0."""

    of: str


Computation = Window | FirstSeen | AtRequest | FromSession | Unknown


@dataclass(frozen=True)
class Feature:
    """One feature, defined once and used by training and serving alike.

    `entity` is what it is a property of; `default` replaces null in the dense matrix, and only there: tables keep
    null. The dtype of every feature is float32.
    """

    name: str
    tier: Tier
    entity: str
    computation: Computation
    doc: str
    default: float = 0.0
    dtype: Literal["float32"] = "float32"

    def field(self) -> Field:
        """The column of a gold table that holds a batch or real-time feature."""
        return Field(self.name, self.dtype, self.doc)

    def definition(self) -> dict[str, Any]:
        """Everything that the values depend on: `schema_hash` is taken over this."""
        kind = type(self.computation).__name__
        return {key: value for key, value in asdict(self).items() if key != "doc"} | {"kind": kind}
