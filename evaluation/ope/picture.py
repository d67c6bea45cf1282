"""Pictures of off-policy evaluation: every estimate beside what was shown, and forecasts against what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from evaluation import pictures
from evaluation.ope.agreement import Pair, hit_rate
from evaluation.ope.estimate import Estimate
from evaluation.ope.intervals import Interval

_GIVEN, _MISSED, _LOGGED, _MUTED = "#2166ac", "#b2182b", "#b2abd2", "#666666"


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


def forecast_against_fact(surface: str, pairs: Sequence[Pair]) -> Figure:
    """Each forecast difference with its interval across, what was measured later with its own upwards.

    On the dashed line forecasts are exact; those that did not hold are red.
    """
    figure, axes = pictures.sheet(f"{surface}: {hit_rate(pairs)}", (6.6, 5.6))
    for held, colour, words in ((True, _GIVEN, "held"), (False, _MISSED, "did not hold")):
        some = [pair for pair in pairs if pair.held is held]
        if not some:
            continue
        across = [[one.forecast.value - one.forecast.low, one.forecast.high - one.forecast.value] for one in some]
        up = [[one.measured.value - one.measured.low, one.measured.high - one.measured.value] for one in some]
        at = [one.forecast.value for one in some], [one.measured.value for one in some]
        axes.errorbar(
            *at,
            xerr=[*zip(*across, strict=True)],
            yerr=[*zip(*up, strict=True)],
            fmt="o",
            color=colour,
            markersize=4,
            linewidth=1,
            label=words,
        )
    axes.axline((0.0, 0.0), slope=1.0, color=_MUTED, linestyle="--", linewidth=1)
    axes.set_xlabel("forecast difference to what was shown, per request")
    axes.set_ylabel("measured difference once it served")
    pictures.legend(axes)
    return figure
