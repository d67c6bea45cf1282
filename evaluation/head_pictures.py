"""One sheet a head: its reliability, by position and by segment, and what other corrections would leave."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaluation.pictures import COLOURS, GRID, INK, MUTED, legend, plain, sheet, whisker
from schemas.evaluation import Group, Head, Limits

WAYS = {
    "served": "as served",
    "none": "uncorrected",
    "platt": "Platt",
    "isotonic": "isotonic",
    "temperature": "temperature",
}
MOST = 10
"""Segments of one kind that are drawn: those with most samples."""


def head_sheet(name: str, heads: Mapping[str, Head]) -> Figure:
    """All of head `name`: candidate and champion where both are in `heads`, segments and corrections of the first."""
    first = next(iter(heads.values()))
    figure = Figure(figsize=(11, 8.4), layout="constrained")
    figure.suptitle(f"{name}: {first.rows:,} impressions, {first.positives:,} with it", x=0.01, ha="left", color=INK)
    (diagram, position), (segments, corrections) = figure.subplots(2, 2)
    plain(diagram, "predicted and observed, bins of equally many", 10)
    _diagram(diagram, heads)
    diagram.legend(frameon=False, fontsize=8.5)
    _by_position(position, heads)
    _by_segment(segments, first)
    _corrections(corrections, heads)
    return figure


def reliability(name: str, heads: Mapping[str, Head]) -> Figure:
    """Predicted against observed for head `name`, one line per release in `heads`; calibrated lies on the diagonal."""
    figure, axes = sheet(f"reliability of {name}", (6, 5))
    _diagram(axes, heads)
    return figure


def _diagram(axes: Axes, heads: Mapping[str, Head]) -> None:
    limit = max((max(p, o) for head in heads.values() for p, o, _ in head.reliability), default=1.0) * 1.05
    axes.plot([0, limit], [0, limit], color=MUTED, linestyle="--", linewidth=1)
    for who, head in heads.items():
        predicted = [p for p, _, _ in head.reliability]
        observed = [o for _, o, _ in head.reliability]
        colour = COLOURS.get(who, MUTED)
        for place, value, limits in zip(predicted, observed, head.limits, strict=False):
            _rule(axes, place, value, limits, colour)
        axes.plot(predicted, observed, marker="o", markersize=4, color=colour, label=f"{who}{_ece(head)}")
    axes.set_xlabel("mean predicted")
    axes.set_ylabel("mean observed")
    if heads:
        legend(axes)


def _rule(axes: Axes, place: float, value: float, limits: Limits, colour: str) -> None:
    low, high = limits
    if low is not None and high is not None:
        axes.plot([place, place], [max(low, 0.0), max(high, value)], color=colour, linewidth=1, alpha=0.45)


def _ece(head: Head) -> str:
    plain_error, debiased = head.figures.get("ece"), head.figures.get("ece_debiased")
    if debiased is not None:
        low, high = head.intervals.get("ece_debiased", (None, None))
        span = "" if low is None or high is None else f" [{low:.4f}, {high:.4f}]"
        return f" (ECE {plain_error:.4f}, without bias {debiased:.4f}{span})"
    return "" if plain_error is None else f" (ECE {plain_error:.4f})"


def _by_position(axes: Axes, heads: Mapping[str, Head]) -> None:
    plain(axes, "by position", 10)
    if not any("position" in head.groups for head in heads.values()):
        _nothing(axes, "no position has enough samples")
        return
    first = next(head for head in heads.values() if "position" in head.groups)
    places = [int(place) for place in first.groups["position"]]
    axes.plot(places, _column(first, "observed"), color=INK, marker="s", markersize=4, label="observed")
    for place, group in zip(places, first.groups["position"].values(), strict=True):
        _rule(axes, place, group.observed or 0.0, (group.low, group.high), INK)
    for who, head in heads.items():
        at = [int(place) for place in head.groups.get("position", {})]
        axes.plot(at, _column(head, "predicted"), color=COLOURS.get(who, MUTED), marker="o", markersize=4, label=who)
    axes.set_xlabel("position, the top is 0")
    axes.set_ylim(bottom=0)
    legend(axes)


def _column(head: Head, name: str) -> list[float]:
    return [getattr(group, name) or np.nan for group in head.groups.get("position", {}).values()]


def _by_segment(axes: Axes, head: Head) -> None:
    plain(axes, "by segment: predicted over observed", 10)
    rows = [(f"{kind} {value}", group) for kind in ("device", "country") for value, group in _largest(head, kind)]
    drawn = [(name, group) for name, group in rows if group.observed and group.predicted is not None]
    if not drawn:
        _nothing(axes, "no segment has enough samples")
        return
    for place, (_, group) in enumerate(drawn):
        # The prediction is known; what was observed has the interval, which turns around in a ratio.
        ratio = (group.predicted or 0.0) / (group.observed or 1.0)
        low, high = ((group.predicted or 0.0) / one if one and one > 0 else None for one in (group.high, group.low))
        axes.plot([ratio], [place], "o", color=COLOURS["candidate"], markersize=5)
        whisker(axes, place, ratio, (low, high), flat=True)
    axes.axvline(1.0, color=MUTED, linestyle="--", linewidth=1)
    axes.set_yticks(range(len(drawn)), [f"{name} ({group.rows:,})" for name, group in drawn])
    axes.set_ylim(len(drawn) - 0.5, -0.5)
    axes.set_xlabel("1 is calibrated; impressions in brackets")


def _largest(head: Head, kind: str) -> list[tuple[str, Group]]:
    groups = head.groups.get(kind, {})
    kept = sorted(groups, key=lambda value: -groups[value].rows)[:MOST]
    return [(value, group) for value, group in groups.items() if value in kept]


def _corrections(axes: Axes, heads: Mapping[str, Head]) -> None:
    plain(axes, "error after each correction", 10)
    shown = {who: head for who, head in heads.items() if head.corrections}
    if not shown:
        _nothing(axes, "a sum has no probability to correct, or no label is known")
        return
    ways = [way for way in WAYS if any(way in head.corrections for head in shown.values())]
    for nth, (who, head) in enumerate(shown.items()):
        for row, way in enumerate(ways):
            place, one = row + (nth - (len(shown) - 1) / 2) * 0.3, head.corrections.get(way)
            if one is not None and one.ece is not None:
                label = who if way == "served" else None
                axes.barh(place, one.ece, 0.27, color=COLOURS.get(who, MUTED), label=label)
                whisker(axes, place, one.ece, (one.low, one.high), flat=True)
    axes.set_yticks(range(len(ways)), [WAYS[way] for way in ways])
    axes.set_ylim(len(ways) - 0.5, -0.5)
    axes.set_xlim(left=0)
    legend(axes)


def _nothing(axes: Axes, why: str) -> None:
    axes.text(0.5, 0.5, why, ha="center", va="center", color=MUTED, transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color(GRID)
