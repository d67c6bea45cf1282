"""The pictures that lie beside an evaluation."""

from __future__ import annotations

import json
from pathlib import Path

from evaluation import list_pictures, pictures
from evaluation.head_pictures import head_sheet
from jobs.judging.quoted import main_k, quoted
from jobs.night import Night
from schemas.evaluation import BLENDED, Evaluation


def draw(evaluation: Evaluation, folder: Path) -> None:
    """Write one PNG for lists, segments, exposure and differences, and one a head, into `folder`."""
    if BLENDED in evaluation.lists.get("candidate", {}):
        k = main_k(evaluation)
        pictures.save(list_pictures.recall_bars(evaluation, k), folder / f"recall_at_{k}.png")
        pictures.save(list_pictures.segment_bars(evaluation, k), folder / "segments.png")
        pictures.save(list_pictures.exposure(evaluation, k), folder / "exposure.png")
    rows = [row for row in (one.row for one in quoted(evaluation)) if row is not None]
    if rows:
        title = f"{evaluation.day}: candidate against champion"
        pictures.save(pictures.differences(title, rows, "change, % of the champion's"), folder / "differences.png")
    for head, measured in evaluation.heads.get("candidate", {}).items():
        if measured.reliability:
            shown = {who: heads[head] for who, heads in evaluation.heads.items() if head in heads}
            pictures.save(head_sheet(head, shown), folder / f"reliability_{head}.png")


def draw_curves(night: Night, folder: Path) -> None:
    """Write the learning curves of every model of the night that has some into `folder`."""
    for model in (*night.surface.retrieval, "ranker"):
        fit = night.home.night(night.surface.surface, night.day) / model / "fit.json"
        curves = json.loads(fit.read_text())["curves"] if fit.exists() else {}
        if any(len(values) > 1 for values in curves.values()):
            pictures.save(pictures.learning_curves(model, curves), folder / f"curves_{model}.png")
