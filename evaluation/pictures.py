"""How pictures look, and those of differences and learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from schemas.evaluation import Limits

COLOURS = {"candidate": "#1f6fb2", "champion": "#b08bbf", "popular": "#8a8f98"}
INK, MUTED, GRID, WORSE = "#1c2733", "#6b7682", "#e3e7eb", "#c0392b"


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
    figure, axes = sheet("", (8, 1.5 + 0.3 * max(len(rows), 3)))
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)  # names are long: it begins at the very left
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
