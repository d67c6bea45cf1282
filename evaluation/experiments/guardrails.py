"""Guardrails: metrics that must not lose more than a margin, tested as non-inferiority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evaluation.experiments.effect import Effect, effect
from evaluation.experiments.metric import Guardrail
from evaluation.experiments.sequential import HORIZON, confidence_sequence
from evaluation.experiments.units import Panel, Units

State = Literal["safe", "harmed", "open"]


@dataclass(frozen=True)
class Guarded:
    """`safe`: a loss beyond the margin is ruled out; `harmed`: it is shown; `open`: neither. `p`: one-sided, of a loss
    beyond the margin; None where intervals that hold on all days decided."""

    guardrail: Guardrail
    effect: Effect
    state: State
    p: float | None = None

    def __str__(self) -> str:
        found = self.effect.relative
        change = "" if found is None else f" {found:+.2%}"
        words = {
            "safe": f"a loss beyond {self.guardrail.margin:.2%} is ruled out",
            "harmed": f"it loses more than {self.guardrail.margin:.2%}",
            "open": f"a loss beyond {self.guardrail.margin:.2%} is not ruled out yet",
        }
        return f"{self.guardrail.metric.name}{change}: {words[self.state]}"


def guarded(units: Units, guardrail: Guardrail, control: str, treatment: str, *, level: float = 0.95) -> Guarded:
    """Test, once, that the loss stays within the margin: Welch's test, one-sided, of the treatment against the
    control's (1 - margin), or (1 + margin) where a rise is a loss."""
    metric = guardrail.metric
    scaled = units.scaled(control, _bound(guardrail), metric.numerator)
    found = effect(scaled, metric, control, treatment, level=level)
    loss = 1 - found.better if metric.lower_is_better else found.better
    state: State = "safe" if loss < 1 - level else "harmed" if loss > level else "open"
    return Guarded(guardrail, effect(units, metric, control, treatment, level=level), state, loss)


def guarded_daily(
    panel: Panel, guardrail: Guardrail, control: str, treatment: str, *, level: float = 0.95, horizon: int = HORIZON
) -> Guarded:
    """The same where one may look every day."""
    metric = guardrail.metric
    scaled = panel.scaled(control, _bound(guardrail), metric.numerator)
    looks = confidence_sequence(scaled, metric, control, treatment, level=level, horizon=horizon)
    state: State = "open"
    if looks:
        low, high = (looks[-1].low, looks[-1].high) if not metric.lower_is_better else (-looks[-1].high, -looks[-1].low)
        state = "safe" if low > 0 else "harmed" if high < 0 else "open"
    return Guarded(guardrail, effect(panel.totals(), metric, control, treatment, level=level), state)


def _bound(guardrail: Guardrail) -> float:
    return 1 + guardrail.margin if guardrail.metric.lower_is_better else 1 - guardrail.margin
