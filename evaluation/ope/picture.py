"""The picture of an off-policy evaluation: every estimate beside what was shown."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from evaluation.ope.estimate import Estimate
from evaluation.ope.intervals import Interval

_GIVEN, _LOGGED, _MUTED = "#2166ac", "#b2abd2", "#666666"


def intervals(title: str, logged: Interval, estimates: Mapping[str, Estimate]) -> Figure:
    """One line an estimator with its interval; the band is what was shown. What is refused has its first reason."""
    figure = Figure(figsize=(8, 1.4 + 0.45 * len(estimates)), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(logged.low, logged.high, color=_LOGGED, alpha=0.35, linewidth=0, label="what was shown")
    axes.axvline(logged.value, color=_LOGGED)
    for row, estimate in enumerate(estimates.values()):
        found = estimate.interval
        if found is None:
            reason = estimate.trust.refusals[0].partition(":")[0]
            axes.annotate(f"refused: {reason}", (logged.value, row), color=_MUTED, va="center", ha="center", fontsize=8)
            continue
        axes.plot([found.low, found.high], [row, row], color=_GIVEN, linewidth=2)
        axes.plot([found.value], [row], color=_GIVEN, marker="o")
    axes.set_yticks(range(len(estimates)), list(estimates))
    axes.set_ylim(len(estimates) - 0.5, -0.5)
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel(f"value per request, {logged.level:.0%} intervals")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    return figure
