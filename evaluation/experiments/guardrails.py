"""Guardrails: metrics that must not lose more than a margin, tested as non-inferiority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evaluation.experiments.effect import Effect, effect
from evaluation.experiments.metric import Guardrail
from evaluation.experiments.sequential import HORIZON, Look, confidence_sequence
from evaluation.experiments.units import Panel, Units

State = Literal["safe", "harmed", "open"]


@dataclass(frozen=True)
class Guarded:
    """`safe`: a loss beyond the margin is ruled out; `harmed`: it is shown; `open`: neither. `p`: one-sided, of a loss
    beyond the margin; None where intervals that hold on all days decided. `look`: the last of these; None where there
    was one look, and while units are too few."""

    guardrail: Guardrail
    effect: Effect
    state: State
    p: float | None = None
    look: Look | None = None

    @property
    def relative(self) -> tuple[float, float, float] | None:
        """(low, value, high) of the change as shares of the control's mean, as the state rests on it."""
        if self.look is not None:
            return self.look.relative
        found = self.effect
        if self.p is None or found.relative is None or found.relative_low is None or found.relative_high is None:
            return None
        return found.relative_low, found.relative, found.relative_high

    def __str__(self) -> str:
        change = "" if self.relative is None else " {1:+.2%} ({0:+.2%} to {2:+.2%})".format(*self.relative)
        words = {
            "safe": f"a loss beyond {self.guardrail.margin:.2%} is ruled out",
            "harmed": f"it loses more than {self.guardrail.margin:.2%}",
            "open": f"a loss beyond {self.guardrail.margin:.2%} is not ruled out yet",
        }
        return f"{self.guardrail.metric.name}{change}: {words[self.state]}"


def guarded(units: Units, guardrail: Guardrail, control: str, treatment: str, *, level: float = 0.95) -> Guarded:
    """Test, once, that the loss stays within the margin: Welch's test, one-sided, of the treatment against the
    control's (1 - margin), or (1 + margin) where a rise is a loss. At half of what `level` leaves, so that the verdict
    is that of the two-sided interval that is told."""
    metric = guardrail.metric
    scaled = units.scaled(control, _bound(guardrail), metric.numerator)
    found = effect(scaled, metric, control, treatment, level=level)
    loss = 1 - found.better if metric.lower_is_better else found.better
    tail = (1 - level) / 2
    state: State = "safe" if loss < tail else "harmed" if loss > 1 - tail else "open"
    return Guarded(guardrail, effect(units, metric, control, treatment, level=level), state, loss)


def guarded_daily(
    panel: Panel, guardrail: Guardrail, control: str, treatment: str, *, level: float = 0.95, horizon: int = HORIZON
) -> Guarded:
    """The same where one may look every day."""
    metric = guardrail.metric
    scaled = panel.scaled(control, _bound(guardrail), metric.numerator)
    looks = confidence_sequence(scaled, metric, control, treatment, level=level, horizon=horizon)
    state: State = "open"
    plain = confidence_sequence(panel, metric, control, treatment, level=level, horizon=horizon)
    if looks:
        low, high = (looks[-1].low, looks[-1].high) if not metric.lower_is_better else (-looks[-1].high, -looks[-1].low)
        state = "safe" if low > 0 else "harmed" if high < 0 else "open"
    found = effect(panel.totals(), metric, control, treatment, level=level)
    return Guarded(guardrail, found, state, look=plain[-1] if plain else None)


def _bound(guardrail: Guardrail) -> float:
    return 1 + guardrail.margin if guardrail.metric.lower_is_better else 1 - guardrail.margin
