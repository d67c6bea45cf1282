"""train_ranker on a lake where tastes decide nearly every click: what it reads, calibrates on and leaves behind."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.splits import calibration_half
from jobs import train_ranker
from jobs.judging.samples import held_out_samples
from jobs.night import Night, StepReport
from lake.home import Home
from models.ranker_scoring import RankerScorer
from schemas.errors import GateFailed, UserError
from tests.jobs.tiny_lake import FIRST, LAST, tiny_night, tiny_surface, write_lake

BEFORE = LAST - timedelta(days=1)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The last night of the tiny lake; its `like` is known a day later than its `click`."""
    night = tiny_night(Home(tmp_path_factory.mktemp("home")))
    write_lake(night)
    return night


@pytest.fixture(scope="module")
def report(night: Night) -> StepReport:
    return train_ranker.run(night)


def fit_of(night: Night) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((night.artifact("ranker") / "fit.json").read_text())
    return content


def test_it_leaves_a_whole_artifact(night: Night, report: StepReport) -> None:
    names = {path.name for path in night.artifact("ranker").iterdir()}
    assert names == {"ranker.onnx", "ranker.json", "calibration.json", "fit.json"}
    assert {"parameters", "metrics", "curves", "calibration"} == set(fit_of(night))
    assert report.figures["parameters"]["hidden"] == 16, "the surface's config is used"


def test_it_learns_the_tastes(night: Night, report: StepReport) -> None:
    assert report.figures["validation_auc_click"] > 0.85
    assert "click 0.9" in report.summary
    assert report.rows == 4 * 40 * 8, "all training days, as often as was best for the last when it was left out"
    assert report.figures["train_rows"] == 3 * 40 * 8


def test_what_it_saved_scores_the_other_half_of_the_day(night: Night, report: StepReport) -> None:
    measured = held_out_samples(night)
    scores = RankerScorer.load(night.artifact("ranker")).score(measured.dense, measured.categories)
    clicked = measured.labels["click"] == 1
    assert scores["click"][clicked].mean() > 0.7
    assert scores["click"][~clicked].mean() < 0.3


def test_who_calibrates_is_not_who_is_measured(night: Night) -> None:
    calibrates = set(train_ranker.calibration_samples(night).categories["user_id"].tolist())
    measured = set(held_out_samples(night).categories["user_id"].tolist())
    assert calibrates
    assert measured
    assert not calibrates & measured
    assert calibration_half(sorted(calibrates)).all()


def test_a_head_that_is_not_mature_is_calibrated_on_the_last_training_day(night: Night, report: StepReport) -> None:
    told = fit_of(night)["calibration"]
    assert (told["click"]["day"], told["like"]["day"]) == (str(LAST), str(BEFORE))
    assert [warning for warning in report.warnings if warning.startswith("like is calibrated on 2026-01-07")]


def test_no_label_is_seen_before_it_was_known(night: Night) -> None:
    assert np.isnan(train_ranker.calibration_samples(night).labels["like"]).all()
    split = train_ranker.split_by_time(night)
    assert split.validated_on == BEFORE
    assert not np.isnan(split.validation.labels["like"]).any()


def test_older_samples_weigh_less(night: Night) -> None:
    split = train_ranker.split_by_time(night)
    ages = np.unique(split.train.weights)[::-1]
    assert ages == pytest.approx([0.5 ** (days / 3.0) for days in (2, 3, 4)])
    assert np.unique(split.validation.weights) == pytest.approx([0.5 ** (1 / 3.0)])


def test_a_second_run_gives_the_same_model(night: Night, report: StepReport) -> None:
    first = held_out_scores(night)
    again = train_ranker.run(night)
    assert again.figures == report.figures
    assert held_out_scores(night) == first


def held_out_scores(night: Night) -> dict[str, list[float]]:
    data = held_out_samples(night)
    scores = RankerScorer.load(night.artifact("ranker")).score(data.dense, data.categories)
    return {head: values.tolist() for head, values in scores.items()}


def test_too_few_positives_leave_every_head_as_it_is_and_are_told(tmp_path: Path) -> None:
    night = tiny_night(Home(tmp_path), tiny_surface(gates={"min_positives": 5000}))
    write_lake(night)
    report = train_ranker.run(night)
    told = fit_of(night)["calibration"]
    assert {head["method"] for head in told.values()} == {"identity"}
    assert {head["day"] for head in told.values()} == {None}
    assert "5000" in told["click"]["reason"]
    assert ["click is not" in report.warnings[0], "like is not" in report.warnings[1]] == [True, True]


def test_a_window_of_one_day_is_cut_in_time_within_it(tmp_path: Path) -> None:
    night = tiny_night(Home(tmp_path), day=date(2026, 1, 5))
    write_lake(night, first=FIRST)
    split = train_ranker.split_by_time(night)
    assert not split.whole_day
    assert (len(split.train), len(split.validation)) == (256, 64)
    users = [set(part.categories["user_id"].tolist()) for part in (split.train, split.validation)]
    assert max(users[0]) < min(users[1]), "the later users of that day"
    assert "only 2026-01-04 has samples: its last rows stopped the training" in train_ranker.run(night).warnings


def test_a_missing_last_day_is_told(tmp_path: Path) -> None:
    night = tiny_night(Home(tmp_path), day=BEFORE)
    write_lake(night)
    later = tiny_night(night.home, day=LAST + timedelta(days=1))
    assert f"{LAST} has no samples: {BEFORE} stopped the training" in train_ranker.run(later).warnings


def test_a_surface_without_users_and_positions_still_trains(tmp_path: Path) -> None:
    night = tiny_night(Home(tmp_path), tiny_surface(lacks=["user", "position", "history"]))
    write_lake(night)
    report = train_ranker.run(night)
    assert report.rows == 4 * 40 * 8
    assert RankerScorer.load(night.artifact("ranker")).description.encoding.positions == 0


def test_no_samples_and_no_ranker_are_told(night: Night) -> None:
    with pytest.raises(GateFailed, match="has no row of 2026-02-25 to 2026-02-28"):
        train_ranker.run(tiny_night(night.home, day=date(2026, 3, 1)))
    with pytest.raises(UserError, match="has no ranker"):
        train_ranker.run(tiny_night(night.home, tiny_surface(ranker=None)))
