"""The long run: the effect window by window, as for a holdback that is kept for months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from evaluation.experiments.effect import Effect, effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.units import Doubles, Mask, Panel
from schemas.errors import UserError

WINDOW = 7


@dataclass(frozen=True)
class LongTerm:
    """`effects`: one a window, each of the units that were there by its end. `trend`: change of the effect a window,
    with its `error`; `p`: of no trend."""

    window: int
    effects: tuple[Effect, ...]
    trend: float
    error: float
    p: float


def long_term(
    panel: Panel, metric: Metric, control: str, treatment: str, *, window: int = WINDOW, level: float = 0.95
) -> LongTerm:
    """The effect in each whole `window` of days, and its trend.

    Of a holdback, `control` is who is held back and `treatment` everyone else, so the effect is that of all that was
    shipped since. The trend is of a slope fitted to each unit's windows, so that what units keep from one to the next
    is in its error. Raises UserError if there are fewer than two whole windows.
    """
    count = panel.days // window
    if count < 2:
        raise UserError(
            f"{panel.days} days hold {count} whole windows of {window} days; a trend needs two", fix="a longer range"
        )
    spans = [panel.window(n * window, (n + 1) * window - 1) for n in range(count)]
    effects = [effect(span, metric, control, treatment, level=level) for span in spans]
    slope, error = _trend(panel, metric, count, (control, treatment), window)
    return LongTerm(window, tuple(effects), slope, error, float(2 * stats.norm.sf(abs(slope / error))))


def _trend(panel: Panel, metric: Metric, count: int, arms: tuple[str, str], window: int) -> tuple[float, float]:
    """(slope, error) of the effect over windows, from units there from the first window on."""
    old = panel.where(panel.entered < window)
    steps = np.arange(count) - (count - 1) / 2
    spans = [old.window(n * window, (n + 1) * window - 1) for n in range(count)]
    slopes = []
    for arm in arms:
        mine = old.people.of(arm)
        each = np.stack([_linear(span.sums, metric, mine) for span in spans])
        slopes.append(np.asarray(steps @ each / np.square(steps).sum()))
    control, treatment = slopes
    error = np.sqrt(control.var(ddof=1) / len(control) + treatment.var(ddof=1) / len(treatment))
    return float(treatment.mean() - control.mean()), float(error)


def _linear(sums: Mapping[str, Doubles], metric: Metric, mine: Mask) -> Doubles:
    """(m,) what each unit adds to the arm's mean, or to its ratio by the delta method."""
    above = sums[metric.numerator][mine]
    if metric.denominator is None:
        return above
    below = sums[metric.denominator][mine]
    ratio = above.sum() / below.sum()
    return np.asarray(ratio + (above - ratio * below) / below.mean())
