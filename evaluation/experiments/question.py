"""What is asked of an experiment, settled before anyone looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.experiments.metric import Guardrail, Metric
from evaluation.experiments.sequential import HORIZON
from schemas.errors import UserError


@dataclass(frozen=True)
class Question:
    """`primary` metrics decide; `secondary` ones are told. `shares` of units that arms were meant to have (None:
    equal).

    `daily`: whether one may look every day and stop; else once, on the day settled beforehand. `least_effect`: the
    least change worth having, as a share: once it is ruled out there is nothing to wait for. `least_days`: days before
    which nothing ships, for weekdays differ. `level`: of all intervals.
    """

    control: str
    primary: tuple[Metric, ...]
    secondary: tuple[Metric, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    shares: Mapping[str, float] | None = None
    daily: bool = True
    horizon: int = HORIZON
    least_effect: float | None = None
    least_days: int = 7
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.primary:
            raise UserError("no metric was named to decide by")
        if not 0.5 < self.level < 1.0:
            raise UserError(f"level: found {self.level:g}; allowed is a number between 0.5 and 1, such as 0.95")
        if self.least_effect is not None and not 0.0 < self.least_effect < 1.0:
            raise UserError(f"least effect: found {self.least_effect:g}; allowed is a share between 0 and 1")
        for metric in self.primary:
            if metric.quantile is not None:
                raise UserError(f"{metric.name}: a quantile cannot decide; name it as a further metric")
