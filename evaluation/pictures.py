"""Pictures of an evaluation: lists by source and segment, exposure, differences, learning curves; and how all look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from schemas.evaluation import BLENDED, POPULAR, Evaluation, Limits, Lists

COLOURS = {"candidate": "#1f6fb2", "champion": "#b08bbf", "popular": "#8a8f98"}
INK, MUTED, GRID, WORSE = "#1c2733", "#6b7682", "#e3e7eb", "#c0392b"
EXPOSURE = {
    "coverage": "share of the catalogue in any list",
    "gini": "Gini index of exposure",
    "entropy": "entropy of exposure, bits",
    "novelty": "surprise of an item, bits",
    "distance": "distance within a list",
    "new_items": "share of new items",
    "new_creators": "share of new creators",
}
"""What exposure is told by, and in which words."""


def recall_bars(evaluation: Evaluation, k: int) -> Figure:
    """recall@k of each source, candidate beside champion; the dashed line is most-popular."""
    sources = [source for source in evaluation.lists.get("candidate", {}) if source != POPULAR]
    figure, axes = sheet(f"recall@{k}, {evaluation.day}", (7.4, 4.2))
    names = ["all sources" if source == BLENDED else source for source in sources]
    _bars(axes, {who: evaluation.lists.get(who, {}) for who in ("candidate", "champion")}, sources, f"recall@{k}")
    popular = evaluation.lists.get("candidate", {}).get(POPULAR)
    if popular is not None:
        level = height(popular.figures.get(f"recall@{k}"))
        axes.axhline(level, color=MUTED, linestyle="--", linewidth=1, label=f"most popular ({level:.3f})")
    axes.grid(axis="x", visible=False)
    axes.set_xticks(range(len(sources)), names)
    axes.set_ylabel(f"recall@{k}")
    legend(axes)
    return figure


def segment_bars(evaluation: Evaluation, k: int) -> Figure:
    """recall@k of all sources together by segment of users and of what they responded to, candidate beside champion."""
    names = [name for name, found in evaluation.segments.items() if _known(found.get(BLENDED), f"recall@{k}")]
    figure, axes = sheet(f"recall@{k} by segment, all sources", (7.4, 1.4 + 0.42 * max(len(names), 3)))
    both = {"candidate": evaluation.segments, "champion": evaluation.champion_segments}
    by_segment = {who: {name: found[name][BLENDED] for name in names if name in found} for who, found in both.items()}
    _bars(axes, by_segment, names, f"recall@{k}", flat=True)
    users = {name: evaluation.segments[name][BLENDED].users for name in names}
    axes.set_yticks(range(len(names)), [f"{name.replace('_', ' ')} ({users[name]:,})" for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(f"recall@{k}; users that had something to find in brackets")
    axes.grid(axis="y", visible=False)
    legend(axes)
    return figure


def exposure(evaluation: Evaluation, k: int) -> Figure:
    """Whom the lists of all sources show: one small picture a figure, candidate, champion and most-popular."""
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    figure.suptitle(f"exposure in the first {k}, all sources, {evaluation.day}", x=0.01, ha="left", color=INK)
    found = {who: evaluation.lists.get(who, {}).get(BLENDED) for who in ("candidate", "champion")}
    found["popular"] = evaluation.lists.get("candidate", {}).get(POPULAR)
    shown = {who: lists for who, lists in found.items() if lists is not None}
    grid = figure.subplots(2, 4).ravel()
    for axes, (name, words) in zip(grid, EXPOSURE.items(), strict=False):
        plain(axes, words, size=8.5)
        for place, (who, lists) in enumerate(shown.items()):
            value = lists.figures.get(f"{name}@{k}")
            axes.bar(place, height(value), 0.7, color=COLOURS[who], label=who)
            whisker(axes, place, value, lists.intervals.get(f"{name}@{k}"))
        axes.set_xticks([])
    grid[-1].axis("off")
    grid[-1].legend(*grid[0].get_legend_handles_labels(), frameon=False, loc="center left")
    return figure


@dataclass(frozen=True)
class Row:
    """One line of a picture of differences: `better` (None where the interval cannot tell) gives its colour."""

    name: str
    low: float
    value: float
    high: float
    better: bool | None


def differences(title: str, rows: Sequence[Row], unit: str) -> Figure:
    """One line a row, with its interval: blue for the better, red for the worse, grey for what cannot be told."""
    figure, axes = sheet(title, (8, 1.3 + 0.3 * max(len(rows), 3)))
    for place, row in enumerate(rows):
        colour = {None: MUTED, True: COLOURS["candidate"], False: WORSE}[row.better]
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.2, solid_capstyle="round")
        axes.plot([row.value], [place], "o", color=colour, markersize=5)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(unit)
    axes.grid(axis="y", visible=False)
    return figure


def learning_curves(model: str, curves: Mapping[str, Sequence[float]]) -> Figure:
    """Every curve of one fit, over its steps from 1; a curve of another scale has an axis of its own."""
    figure, first = sheet(f"learning curves of {model}", (7.4, 4.2))
    scales: dict[str, Axes] = {}
    for place, (name, values) in enumerate(sorted(curves.items())):
        unit = "loss" if "loss" in name else name
        if unit not in scales:
            scales[unit] = first if not scales else first.twinx()
            scales[unit].set_ylabel(unit)
        scales[unit].plot(range(1, len(values) + 1), values, marker=".", color=f"C{place}", label=name)
    first.set_xlabel("step")
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG at `path`: the same picture has the same bytes."""
    figure.savefig(path, dpi=150, metadata={"Software": None})


def sheet(title: str, size: tuple[float, float]) -> tuple[Figure, Axes]:
    """An empty figure of one picture, `size` in inches."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    plain(axes, title)
    return figure, axes


def plain(axes: Axes, title: str, size: float = 11) -> None:
    """The look that all pictures share."""
    axes.set_title(title, loc="left", fontsize=size, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GRID)
    axes.tick_params(colors=MUTED, labelsize=8.5, length=0)
    axes.xaxis.label.set_color(MUTED)
    axes.yaxis.label.set_color(MUTED)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def legend(axes: Axes) -> None:
    """A legend above the picture, if there is anything to tell: it hides nothing."""
    found = len(axes.get_legend_handles_labels()[0])
    if found:
        axes.legend(frameon=False, fontsize=8.5, loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=min(found, 3))


def whisker(axes: Axes, place: float, value: float | None, limits: Limits | None, *, flat: bool = False) -> None:
    """The interval of a bar at `place`, across it; nothing where it is not known."""
    if value is None or limits is None or limits[0] is None or limits[1] is None:
        return
    reach = [[max(value - limits[0], 0.0)], [max(limits[1] - value, 0.0)]]
    if flat:
        axes.errorbar(value, place, xerr=reach, color=INK, linewidth=1, capsize=2)
    else:
        axes.errorbar(place, value, yerr=reach, color=INK, linewidth=1, capsize=2)


def height(value: float | None) -> float:
    """`value` as a bar has it."""
    return 0.0 if value is None else value


def _bars(
    axes: Axes, found: Mapping[str, Mapping[str, Lists]], names: Sequence[str], figure: str, *, flat: bool = False
) -> None:
    """A group of bars a name, one for each of those in `found` that have any, with their intervals."""
    shown = [who for who, lists in found.items() if lists]
    width = 0.8 / max(1, len(shown))
    for nth, who in enumerate(shown):
        places = [row + (nth - (len(shown) - 1) / 2) * width for row in range(len(names))]
        lists = [found[who].get(name) for name in names]
        values = [None if one is None else one.figures.get(figure) for one in lists]
        draw = axes.barh if flat else axes.bar
        draw(places, [height(value) for value in values], width * 0.92, color=COLOURS[who], label=who)
        for place, value, one in zip(places, values, lists, strict=True):
            whisker(axes, place, value, one.intervals.get(figure) if one else None, flat=flat)


def _known(lists: Lists | None, figure: str) -> bool:
    value = None if lists is None else lists.figures.get(figure)
    return value is not None
