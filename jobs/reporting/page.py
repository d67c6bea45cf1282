"""One page a night: the decision with its gates, what it rests on, and every picture. It needs nothing beside it."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jobs.decide import RECORD
from jobs.judging.quoted import WORDS, main_k
from jobs.night import Night
from jobs.reporting import rows
from schemas.decision import Decision
from schemas.evaluation import Evaluation
from schemas.release import Manifest

PAGE = "index.html"
PICTURES = "pictures"
"""The folder beside the page where its pictures lie as files too."""
CALLED = {
    "normalized_entropy": "normalised entropy",
    "mean_ratio": "predicted / observed",
    **{name: name.upper() for name in ("ndcg", "map", "mrr", "rmse", "mae")},
}
"""Columns that have a name of their own for people, besides those of WORDS."""
SECTIONS = {
    "differences": "compared",
    "recall_at": "lists",
    "segments": "segments",
    "reliability": "calibration",
    "exposure": "exposure",
    "curves": "curves",
    "forecast": "forecast",
}
"""Beginning of a picture's name to the section that shows it; all others are shown at the end."""


@dataclass(frozen=True)
class Picture:
    """A picture of the page: its `name`, the file beside the page, and its bytes as the page embeds them."""

    name: str
    file: str
    source: str


def write_page(night: Night) -> Path:
    """Write `index.html` and its pictures into the night's reports; the path of the page."""
    folder = night.reports / PICTURES
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in _files(night):
        shutil.copy(path, folder / path.name)
    page = night.reports / PAGE
    partial = page.with_suffix(".part")
    partial.write_text(render(night, sorted(folder.glob("*.png"))), encoding="utf-8")
    return partial.replace(page)


def render(night: Night, pictures: list[Path]) -> str:
    """The page of a night that was evaluated and decided."""
    made = Decision.read(night.artifact("decision") / RECORD)
    evaluation = Evaluation.read(night.artifact("evaluation"))
    steps, room = list(_steps(night)), Path(__file__).parent
    engine = Environment(loader=FileSystemLoader(room), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    engine.filters |= {"number": number, "percent": lambda value: f"{100 * value:.1f}"}
    return engine.get_template("night.html").render(
        made=made,
        evaluation=evaluation,
        manifest=_manifest(night, made),
        gates=rows.gates(made),
        cards=rows.cards(evaluation),
        compared=rows.compared(evaluation),
        lists=rows.list_lines(evaluation),
        segments=rows.segment_lines(evaluation),
        heads=rows.head_lines(evaluation),
        head_segments=rows.head_segment_lines(evaluation),
        exposure=rows.exposure_lines(evaluation),
        names={
            "lists": rows.LIST_FIGURES,
            "heads": rows.HEAD_FIGURES,
            "groups": rows.GROUP_FIGURES,
            "exposure": rows.EXPOSURE_FIGURES,
        },
        words=WORDS | CALLED,
        k=main_k(evaluation),
        pictures=_by_section(pictures),
        steps=steps,
        forecast=next((step for step in steps if step["name"] == "forecast"), None),
        docs=(night.reports / "data_docs" / PAGE).exists(),
    )


def number(value: float | None, signed: bool = False) -> str:
    """`0.1234`, `12.3`, `1,234`; a dash for what was not measured."""
    if value is None:
        return "–"
    size = abs(value)
    if size < 0.5e-4:
        return "0"
    if float(value).is_integer():
        return f"{value:{'+' if signed else ''},.0f}".replace("-", "\N{MINUS SIGN}")
    digits = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3 if size >= 1 else 4
    return f"{value:{'+' if signed else ''},.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _files(night: Night) -> list[Path]:
    """The pictures of the evaluation, and those that were put beside the reports."""
    return [*sorted(night.artifact("evaluation").glob("*.png")), *sorted(night.reports.glob("*.png"))]


def _by_section(pictures: list[Path]) -> dict[str, list[Picture]]:
    found: dict[str, list[Picture]] = {name: [] for name in (*SECTIONS.values(), "more")}
    for path in pictures:
        section = next((name for start, name in SECTIONS.items() if path.name.startswith(start)), "more")
        source = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
        found[section].append(Picture(path.stem.replace("_", " "), f"{PICTURES}/{path.name}", source))
    return found


def _manifest(night: Night, made: Decision) -> Manifest | None:
    folder = night.home.releases(made.surface) / made.release_id
    return Manifest.read(folder) if folder.is_dir() else None


def _steps(night: Night) -> Iterator[dict[str, Any]]:
    """What each step said, in the order in which they ended."""
    reports = sorted((night.reports / "steps").glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in reports:
        yield {"name": path.stem, **json.loads(path.read_text())}
