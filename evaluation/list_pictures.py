"""Pictures of lists: by source, by segment, and whom they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaluation.pictures import COLOURS, INK, MUTED, height, legend, plain, sheet, whisker
from schemas.evaluation import BLENDED, POPULAR, Evaluation, Lists

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
    by_segment = {
        who: {name: found[name][BLENDED] for name in names if BLENDED in found.get(name, {})}
        for who, found in both.items()
    }
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
