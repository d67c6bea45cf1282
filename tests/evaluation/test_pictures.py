from __future__ import annotations

from pathlib import Path

import pytest

from evaluation import head_pictures, list_pictures, pictures
from evaluation.pictures import Row
from schemas.evaluation import Correction, Evaluation, Group, Head, Lists

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
    (axes,) = list_pictures.recall_bars(evaluation(), 50).axes
    assert [bar.get_height() for bar in axes.patches] == [0.4, 0.5, 0.3, 0.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["als", "two_tower"]
    assert axes.lines[0].get_ydata()[0] == 0.2


def test_an_evaluation_without_a_champion_has_bars_of_the_candidate_alone() -> None:
    (axes,) = list_pictures.recall_bars(Evaluation("s", "d", lists={"candidate": {"als": Lists(1, {})}}), 10).axes
    assert [bar.get_height() for bar in axes.patches] == [0.0]


def test_reliability_draws_predicted_against_observed() -> None:
    head = Head(100, 10, {"ece": 0.02}, ((0.1, 0.15, 50), (0.3, 0.25, 50)))
    (axes,) = head_pictures.reliability("click", {"candidate": head}).axes
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
        pictures.save(list_pictures.recall_bars(evaluation(), 50), tmp_path / name)
    first = (tmp_path / "a.png").read_bytes()
    assert first.startswith(PNG)
    assert first == (tmp_path / "b.png").read_bytes()


def test_a_fit_without_curves_and_a_head_without_bins_are_drawn_too(tmp_path: Path) -> None:
    pictures.save(pictures.learning_curves("als", {}), tmp_path / "curves.png")
    pictures.save(
        head_pictures.reliability("like", {"candidate": Head(0, 0, skipped="no label")}), tmp_path / "like.png"
    )
    assert (tmp_path / "like.png").read_bytes().startswith(PNG)


def judged() -> Evaluation:
    """Candidate and champion with segments and exposure."""
    figures = {"recall@50": 0.4, "coverage@50": 0.5, "gini@50": 0.3}
    mine, theirs = Lists(9, figures, {"recall@50": (0.3, 0.5)}), Lists(9, {**figures, "recall@50": 0.2})
    return Evaluation(
        surface="shorts",
        day="2026-01-08",
        lists={"candidate": {"blended": mine, "popular": theirs}, "champion": {"blended": theirs}},
        segments={"country/DE": {"blended": mine}, "new_users": {"blended": Lists(0, {"recall@50": None})}},
        champion_segments={"country/DE": {"blended": theirs}},
    )


def test_segments_that_have_a_figure_are_drawn_with_their_users() -> None:
    (axes,) = list_pictures.segment_bars(judged(), 50).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["country/DE (9)"]
    assert [bar.get_width() for bar in axes.patches] == [0.4, 0.2]


def test_exposure_has_a_small_picture_a_figure_with_most_popular_beside() -> None:
    figure = list_pictures.exposure(judged(), 50)
    coverage = figure.axes[0]
    assert coverage.get_title(loc="left") == "share of the catalogue in any list"
    assert [bar.get_height() for bar in coverage.patches] == [0.5, 0.5, 0.5]
    assert len(figure.axes) == 8


def test_differences_are_coloured_by_what_their_interval_says() -> None:
    rows = [Row("up", 1, 2, 3, True), Row("open", -1, 1, 3, None), Row("up too", 1, 2, 3, False)]
    (axes,) = pictures.differences("t", rows, "%").axes
    colours = [line.get_color() for line in axes.lines[::2]][:3]
    assert len(set(colours)) == 3
    assert [label.get_text() for label in axes.get_yticklabels()] == ["up", "open", "up too"]


def test_the_sheet_of_a_head_has_bins_positions_segments_and_corrections(tmp_path: Path) -> None:
    group = Group(100, 20, 0.3, 0.2, 0.1, 0.25, 0.1)
    corrections = {"served": Correction(0.02, 0.01, 0.03, 0.5), "none": Correction(0.05, 0.04, 0.06, 0.5)}
    head = Head(
        rows=200,
        positives=40,
        figures={"ece": 0.03, "ece_debiased": 0.02},
        reliability=((0.1, 0.15, 100), (0.3, 0.25, 100)),
        limits=((0.1, 0.2), (None, None)),
        groups={"position": {"0": group, "1": group}, "device": {"phone": group}},
        corrections=corrections,
    )
    figure = head_pictures.head_sheet("click", {"candidate": head, "champion": head})
    diagram, position, segments, left = figure.axes
    assert len(position.lines) == 1 + 2 + 2, "observed with two intervals, and two releases"
    assert [label.get_text() for label in segments.get_yticklabels()] == ["device phone (100)"]
    assert segments.lines[0].get_xdata()[0] == pytest.approx(1.5)
    assert [bar.get_width() for bar in left.patches] == [0.02, 0.05, 0.02, 0.05]
    assert diagram.get_legend_handles_labels()[1][0].startswith("candidate (ECE 0.0300, without bias 0.0200")
    bare = head_pictures.head_sheet("dwell", {"candidate": Head(9, 3, reliability=((1.0, 1.0, 9),))})
    pictures.save(bare, tmp_path / "dwell.png")
    assert (tmp_path / "dwell.png").read_bytes().startswith(PNG)
