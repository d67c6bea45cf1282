"""The loop as a picture, and as one page that needs nothing beside it."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from infra.loop.record import ITEM_ITEM, POLICIES, POPULAR, SERVED, Turn

COLOURS = {SERVED: "#2166ac", POPULAR: "#bf812d", ITEM_ITEM: "#5aae61"}
_VERDICTS = {"shipped": "#1a9850", "held": "#d9a400", "rolled back": "#d73027", "no night": "#bbbbbb"}
_HEAD = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px system-ui,sans-serif;margin:2rem auto;max-width:1080px;color:#222}}
table{{border-collapse:collapse;margin:1rem 0}}
td,th{{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #ddd}}
td:first-child,th:first-child{{text-align:left}}img{{max-width:100%}}</style>
<h1>{title}</h1>"""


def draw(turns: Sequence[Turn], world: str, folder: Path) -> Path:
    """Write `loop.png` and `loop.html` to `folder`; the path of the page."""
    picture = BytesIO()
    figure(turns, world).savefig(picture, format="png", dpi=110)
    (folder / "loop.png").write_bytes(picture.getvalue())
    page = folder / "loop.html"
    page.write_text(_page(turns, world, picture.getvalue()))
    return page


def figure(turns: Sequence[Turn], world: str) -> Figure:
    """Gap closed by day with intervals, exposure by day, and gap closed by segment on the last day."""
    drawn = Figure(figsize=(12, 9), layout="constrained")
    above, below = drawn.subplots(2, 1, height_ratios=(3, 2), squeeze=True)
    left, right = below.get_subplotspec().subgridspec(1, 2)
    below.remove()
    _gaps(above, turns, world)
    _exposure(drawn.add_subplot(left), turns)
    _segments(drawn.add_subplot(right), turns[-1])
    return drawn


def _gaps(axes: Axes, turns: Sequence[Turn], world: str) -> None:
    for policy in POLICIES:
        known = [(nth, turn.gap[policy]) for nth, turn in enumerate(turns) if policy in turn.gap]
        if not known:
            continue
        at, gaps = [nth for nth, _ in known], [gap for _, gap in known]
        axes.plot(at, [gap.value for gap in gaps], color=COLOURS[policy], marker="o", label=policy)
        axes.fill_between(at, [g.low for g in gaps], [g.high for g in gaps], color=COLOURS[policy], alpha=0.15, lw=0)
    for nth, turn in enumerate(turns):
        axes.plot([nth], [-0.03], marker="s", color=_VERDICTS[turn.verdict], clip_on=False, markersize=7)
    axes.axhline(1.0, color="#888888", linestyle="--", linewidth=1)
    axes.axhline(0.0, color="#888888", linestyle="--", linewidth=1)
    axes.text(len(turns) - 1, 1.01, "optimal", ha="right", color="#666666")
    axes.text(len(turns) - 1, 0.01, "random", ha="right", color="#666666")
    axes.set_xticks(range(len(turns)), [f"{turn.day:%d %b}" for turn in turns])
    axes.set(title=f"World {world}: share of the oracle gap closed", ylabel="share of the gap", ylim=(-0.05, 1.06))
    axes.legend(frameon=False, loc="upper left")


def _exposure(axes: Axes, turns: Sequence[Turn]) -> None:
    at = range(len(turns))
    lines = {
        "catalogue shown": [turn.exposure.coverage for turn in turns],
        "yesterday's items shown": [turn.exposure.reached for turn in turns],
        "impressions on new items": [turn.exposure.new_items for turn in turns],
        "impressions on new creators": [turn.exposure.new_creators for turn in turns],
        "Gini of impressions": [turn.exposure.gini for turn in turns],
    }
    for name, values in lines.items():
        axes.plot(
            at, np.array(values, dtype=float), marker=".", label=name, linestyle=":" if name.startswith("Gini") else "-"
        )
    axes.set_xticks(at, [f"{turn.day.day}" for turn in turns])
    axes.set(title="Exposure", ylim=(0, 1.02), xlabel="day")
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def _segments(axes: Axes, turn: Turn) -> None:
    names = list(turn.segments)
    height = 0.8 / len(POLICIES)
    for place, policy in enumerate(POLICIES):
        values = [turn.segments[name].get(policy, 0.0) for name in names]
        rows = [row + (place - 1) * height for row in range(len(names))]
        axes.barh(rows, values, height * 0.95, color=COLOURS[policy])
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set(title=f"Gap closed by segment, {turn.day}")


def _page(turns: Sequence[Turn], world: str, picture: bytes) -> str:
    title = html.escape(f"Feedmill: the loop in world {world}")
    source = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    image = f'<img alt="share of the oracle gap closed by day" src="{source}">'
    return "\n".join([_HEAD.format(title=title), image, *_table(turns)])


def _table(turns: Sequence[Turn]) -> list[str]:
    heads = ("day", "served by", *POLICIES, "coverage", "new items", "night")
    rows = ["<table><tr>" + "".join(f"<th>{html.escape(head)}</th>" for head in heads) + "</tr>"]
    for turn in turns:
        gaps = [str(turn.gap[one]) if one in turn.gap else "–" for one in POLICIES]
        shares = (f"{turn.exposure.coverage:.1%}", f"{turn.exposure.new_items:.1%}")
        cells = (str(turn.day), turn.served_by, *gaps, *shares, f"{turn.verdict} {turn.reason}".strip())
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    return [*rows, "</table>"]
