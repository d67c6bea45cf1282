"""Pictures of an evaluation: recall per source, reliability per head, learning curves per model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from schemas.evaluation import BLENDED, POPULAR, Evaluation, Head

COLOURS = {"candidate": "#2166ac", "champion": "#b2abd2"}
_MUTED = "#666666"


def recall_bars(evaluation: Evaluation, k: int) -> Figure:
    """recall@k of each source, candidate beside champion; the dashed line is most-popular."""
    figure, axes = _figure(f"recall@{k} on {evaluation.day}, {evaluation.surface}")
    sources = [source for source in evaluation.lists.get("candidate", {}) if source != POPULAR]
    names = [who for who in COLOURS if evaluation.lists.get(who)]
    width = 0.8 / max(1, len(names))
    for place, who in enumerate(names):
        found = evaluation.lists[who]
        heights = [_height(found[s].figures.get(f"recall@{k}") if s in found else None) for s in sources]
        left = [row + (place - (len(names) - 1) / 2) * width for row in range(len(sources))]
        axes.bar(left, heights, width * 0.95, color=COLOURS[who], label=who)
    popular = evaluation.lists.get("candidate", {}).get(POPULAR)
    if popular is not None:
        level = _height(popular.figures.get(f"recall@{k}"))
        axes.axhline(level, color=_MUTED, linestyle="--", linewidth=1, label=f"most popular ({level:.3f})")
    labels = ["all sources" if source == BLENDED else source for source in sources]
    axes.set_xticks(range(len(sources)), labels)
    axes.set_ylabel(f"recall@{k}")
    axes.legend(frameon=False)
    return figure


def reliability(name: str, heads: Mapping[str, Head]) -> Figure:
    """Predicted against observed for head `name`, one line per release in `heads`; calibrated lies on the diagonal."""
    figure, axes = _figure(f"reliability of {name}")
    limit = max((max(p, o) for head in heads.values() for p, o, _ in head.reliability), default=1.0) * 1.05
    axes.plot([0, limit], [0, limit], color=_MUTED, linestyle="--", linewidth=1)
    for who, head in heads.items():
        predicted = [p for p, _, _ in head.reliability]
        observed = [o for _, o, _ in head.reliability]
        ece = head.figures.get("ece")
        label = who if ece is None else f"{who} (ECE {ece:.4f})"
        axes.plot(predicted, observed, marker="o", markersize=4, color=COLOURS.get(who, _MUTED), label=label)
    axes.set_xlabel("mean predicted")
    axes.set_ylabel("mean observed")
    if heads:
        axes.legend(frameon=False)
    return figure


def learning_curves(model: str, curves: Mapping[str, Sequence[float]]) -> Figure:
    """Every curve of one fit, over its steps from 1; a curve of another scale has an axis of its own."""
    figure, first = _figure(f"learning curves of {model}")
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
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _figure(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _height(value: float | None) -> float:
    return 0.0 if value is None else value
