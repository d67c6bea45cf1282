"""Pictures of an experiment: effects side by side, and how what is known narrowed day by day."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaluation.experiments.analysis import Analysis, Comparison
from evaluation.experiments.distribution import Resampled
from evaluation.experiments.effect import Effect

COLOURS = {"better": "#1b7837", "worse": "#b2182b", "open": "#4d4d4d", "further": "#92a0ad"}
_MUTED = "#888888"
Row = tuple[str, float, float, float, str, float | None]
"""Name, low, value, high, colour, margin; shares of the control's mean."""


def draw(analysis: Analysis, title: str) -> Figure:
    """One row of pictures a treatment: its effects as shares of the control's mean, and, where it was looked at daily,
    the interval of its first metric day by day."""
    treatments = analysis.comparisons
    daily = any(one.primary[0].looks for one in treatments)
    rows = max(len(_rows(one)) for one in treatments)
    figure = Figure(figsize=(11 if daily else 7, len(treatments) * (1.4 + 0.32 * max(rows, 5))), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    axes = figure.subplots(len(treatments), 2 if daily else 1, squeeze=False)
    for found, row in zip(treatments, axes, strict=True):
        _effects(row[0], found)
        if daily:
            _days(row[1], found)
    return figure


def _rows(found: Comparison) -> list[Row]:
    rows: list[Row] = []
    for one in found.primary:
        if one.interval is not None and one.effect.relative is not None:
            low, high = one.interval
            rows.append((one.metric.name, low, (low + high) / 2, high, COLOURS[one.state], None))
    for rail in found.guardrails:
        margin = rail.guardrail.margin if rail.guardrail.metric.lower_is_better else -rail.guardrail.margin
        state = {"safe": "better", "harmed": "worse", "open": "open"}[rail.state]
        if rail.relative is not None:
            rows.append((f"guardrail {rail.guardrail.metric.name}", *rail.relative, COLOURS[state], margin))
    for other in found.secondary:
        rows += _row(other.metric.name, other.effect, COLOURS["further"])
    return rows


def _row(name: str, found: Effect | Resampled, colour: str) -> Sequence[Row]:
    if isinstance(found, Resampled):
        value = found.difference / found.means[0] if found.means[0] > 0 else None
    else:
        value = found.relative
    if value is None or found.relative_low is None or found.relative_high is None:
        return ()
    return ((name, found.relative_low, value, found.relative_high, colour, None),)


def _effects(axes: Axes, found: Comparison) -> None:
    _plain(axes, f"{found.treatment}: {found.verdict.decision}")
    rows = _rows(found)
    for place, (_, low, value, high, colour, margin) in enumerate(rows):
        axes.plot([low * 100, high * 100], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot(value * 100, place, "o", color=colour, markersize=5)
        if margin is not None:
            axes.plot(margin * 100, place, "|", color=COLOURS["worse"], markersize=12, markeredgewidth=2)
    axes.axvline(0, color=_MUTED, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("change, % of the control's mean")


def _days(axes: Axes, found: Comparison) -> None:
    one = found.primary[0]
    _plain(axes, f"{one.metric.name} day by day; the band holds on all days at once")
    known = [(look.day + 1, look.relative) for look in one.looks if look.relative is not None]
    days = [day for day, _ in known]
    low, value, high = ([100 * relative[n] for _, relative in known] for n in range(3))
    colour = COLOURS[one.state]
    axes.fill_between(days, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(days, value, color=colour, marker="o", markersize=3)
    axes.axhline(0, color=_MUTED, linewidth=1, linestyle="--")
    axes.set_xlabel("day of the experiment")
    axes.set_ylabel("change, %")


def _plain(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
