from __future__ import annotations

import json
from pathlib import Path

from schemas.evaluation import Evaluation, Head, Lists

FOUND = Evaluation(
    surface="shorts",
    day="2026-01-08",
    lists={"candidate": {"als": Lists(3, {"recall@10": 0.5, "ndcg@10": float("nan")})}},
    segments={"new_users": {"als": Lists(1, {"recall@10": 0.0})}},
    heads={"candidate": {"click": Head(10, 2, {"auc": 0.7}, ((0.1, 0.2, 5),)), "like": Head(0, 0, skipped="none")}},
)


def test_what_is_written_is_read_again_but_nan_is_null(tmp_path: Path) -> None:
    FOUND.write(tmp_path)
    found = Evaluation.read(tmp_path)
    assert found.heads == FOUND.heads
    assert found.segments == FOUND.segments
    assert found.figure("candidate", "als", "recall@10") == 0.5
    assert found.figure("candidate", "als", "ndcg@10") is None
    assert "NaN" not in (tmp_path / "evaluation.json").read_text()


def test_what_was_not_measured_is_none() -> None:
    assert FOUND.figure("champion", "als", "recall@10") is None
    assert FOUND.figure("candidate", "als", "recall@50") is None


def test_it_is_plain_json(tmp_path: Path) -> None:
    FOUND.write(tmp_path)
    content = json.loads((tmp_path / "evaluation.json").read_text())
    assert content["heads"]["candidate"]["click"]["reliability"] == [[0.1, 0.2, 5]]
