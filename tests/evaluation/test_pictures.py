from __future__ import annotations

from pathlib import Path

import pytest

from evaluation import pictures
from schemas.evaluation import Evaluation, Head, Lists

PNG = b"\x89PNG\r\n"


def evaluation() -> Evaluation:
    return Evaluation(
        surface="shorts",
        day="2026-01-08",
        lists={
            "candidate": {
                "als": Lists(9, {"recall@50": 0.4}),
                "two_tower": Lists(9, {"recall@50": 0.5}),
                "popular": Lists(9, {"recall@50": 0.2}),
            },
            "champion": {"als": Lists(9, {"recall@50": 0.3})},
        },
    )


def test_bars_show_each_source_of_candidate_and_champion_and_popular_as_a_line() -> None:
    (axes,) = pictures.recall_bars(evaluation(), 50).axes
    assert [bar.get_height() for bar in axes.patches] == [0.4, 0.5, 0.3, 0.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["als", "two_tower"]
    assert axes.lines[0].get_ydata()[0] == 0.2


def test_an_evaluation_without_a_champion_has_bars_of_the_candidate_alone() -> None:
    (axes,) = pictures.recall_bars(Evaluation("s", "d", lists={"candidate": {"als": Lists(1, {})}}), 10).axes
    assert [bar.get_height() for bar in axes.patches] == [0.0]


def test_reliability_draws_predicted_against_observed() -> None:
    head = Head(100, 10, {"ece": 0.02}, ((0.1, 0.15, 50), (0.3, 0.25, 50)))
    (axes,) = pictures.reliability("click", {"candidate": head}).axes
    diagonal, line = axes.lines
    assert list(line.get_xdata()) == [0.1, 0.3]
    assert list(line.get_ydata()) == [0.15, 0.25]
    assert "0.0200" in str(line.get_label())
    assert diagonal.get_xdata()[1] == pytest.approx(0.315)


def test_losses_share_an_axis_and_recall_has_its_own() -> None:
    curves = {"train_loss": [3.0, 2.0], "validation_loss": [3.1, 2.5], "recall@50": [0.1, 0.2]}
    figure = pictures.learning_curves("two_tower", curves)
    assert sorted(axes.get_ylabel() for axes in figure.axes) == ["loss", "recall@50"]


def test_the_same_picture_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        pictures.save(pictures.recall_bars(evaluation(), 50), tmp_path / name)
    first = (tmp_path / "a.png").read_bytes()
    assert first.startswith(PNG)
    assert first == (tmp_path / "b.png").read_bytes()


def test_a_fit_without_curves_and_a_head_without_bins_are_drawn_too(tmp_path: Path) -> None:
    pictures.save(pictures.learning_curves("als", {}), tmp_path / "curves.png")
    pictures.save(pictures.reliability("like", {"candidate": Head(0, 0, skipped="no label")}), tmp_path / "like.png")
    assert (tmp_path / "like.png").read_bytes().startswith(PNG)
