"""The picture of a card: one panel a curve, the world drawn over the real sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from worlds.card.compare import Line
from worlds.card.statistics import DELAYS_S, Statistics

WORLD = "#b2182b"
REAL = ("#2166ac", "#5aae61", "#9970ab", "#bf812d", "#01665e", "#878787")
_TICKS = {1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 21_600: "6 h", 86_400: "1 d"}
COLOURS = {"within": "#1a9850", "near": "#d9a400", "far": "#d73027", "unmatched": "#999999"}


def picture(world: Statistics, real: Sequence[Statistics], lines: Sequence[Line]) -> Figure:
    """Popularity, clicks by position, delays, and where each scalar of the world stands in the real range."""
    figure = Figure(figsize=(13, 9), layout="constrained")
    axes = figure.subplots(2, 2)
    figure.suptitle(f"World {world.name} beside real logs")
    systems = [*zip(real, REAL, strict=False), (world, WORLD)]
    for system, colour in systems:
        width = 2.6 if system is world else 1.4
        _popularity(axes[0][0], system, colour, width)
        _positions(axes[0][1], system, colour, width)
        _delays(axes[1][0], system, colour, width)
    _scalars(axes[1][1], lines)
    axes[0][1].set_ylim(bottom=0)
    axes[0][0].legend(frameon=False)
    return figure


def _popularity(axes: Axes, system: Statistics, colour: str, width: float) -> None:
    axes.set(
        title="Responses per item by rank", xlabel="rank", ylabel="share of all responses", xscale="log", yscale="log"
    )
    if len(system.popularity):
        ranks = np.arange(1, len(system.popularity) + 1)
        axes.plot(ranks, system.popularity / system.popularity.sum(), color=colour, linewidth=width, label=system.name)


def _positions(axes: Axes, system: Statistics, colour: str, width: float) -> None:
    axes.set(title="Main outcome by position", xlabel="position", ylabel="rate over that at the top")
    if len(system.by_position):
        positions = np.arange(1, len(system.by_position) + 1)
        axes.plot(positions, system.by_position, color=colour, linewidth=width, marker="o", markersize=4)


def _delays(axes: Axes, system: Statistics, colour: str, width: float) -> None:
    axes.set(
        title="Outcomes by delay", xlabel="delay", ylabel="share that happened within", xscale="log", ylim=(0, 1.02)
    )
    axes.set_xticks(list(_TICKS), list(_TICKS.values()))
    axes.minorticks_off()
    if len(system.delays):
        axes.plot(DELAYS_S, system.delays, color=colour, linewidth=width, marker="o", markersize=4)


def _scalars(axes: Axes, lines: Sequence[Line]) -> None:
    """Each statistic on its own log scale: the bar is the real range, the dot the world."""
    axes.set_title("The world (dot) in the range of the real sets (bar)")
    shown = [(line, line.world) for line in lines if line.world is not None and line.world > 0 and _positive(line)]
    for row, (line, world) in enumerate(reversed(shown)):
        low, high = min(line.real.values()), max(line.real.values())
        axes.plot([low, high], [row, row], color="#bbbbbb", linewidth=8, solid_capstyle="butt")
        axes.plot([low, high], [row, row], "|", color="#666666", markersize=12)
        axes.plot([world], [row], "o", color=COLOURS[line.verdict], markersize=8)
    axes.set_xscale("log")
    axes.set_yticks(range(len(shown)), [line.name for line, _ in reversed(shown)])
    axes.set_ylim(-0.7, len(shown) - 0.3)


def _positive(line: Line) -> bool:
    return bool(line.real) and min(line.real.values()) > 0
