"""Calibration error against truths that are known because the labels are drawn from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import calibration, heads

RNG = np.random.default_rng(0)


def labelled(rows: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels drawn from probabilities of 0.05 to 0.45, predictions that are `shift` too high, five rows a user."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.05, 0.45, rows)
    return (rng.random(rows) < truth).astype(float), truth + shift, np.arange(rows) // 5


def test_the_plain_error_is_that_of_heads_and_the_bins_are_its_diagram() -> None:
    labels, predicted, users = labelled(2000, 1, shift=0.05)
    found = calibration.measure(labels, predicted, users, seed=0)
    assert found.plugin == pytest.approx(heads.ece(labels, predicted), abs=1e-12)
    table = heads.reliability(labels, predicted)
    assert [one.predicted for one in found.bins] == pytest.approx(table.predicted.tolist())
    assert [one.observed.value for one in found.bins] == pytest.approx(table.observed.tolist())
    assert all(one.observed.low <= one.observed.value <= one.observed.high for one in found.bins)
    assert found.ratio.value == pytest.approx(heads.mean_ratio(labels, predicted))


def test_without_its_bias_the_error_of_calibrated_predictions_is_nearer_to_none() -> None:
    found = [calibration.measure(*labelled(1500, seed), seed=seed) for seed in range(30)]
    plain, debiased = np.mean([one.plugin for one in found]), np.mean([one.ece.value for one in found])
    assert plain > 0.02
    assert debiased < 0.65 * plain


def test_an_error_that_is_there_is_found_by_the_interval() -> None:
    found = [calibration.measure(*labelled(6000, seed, shift=0.06), seed=seed) for seed in range(40)]
    assert np.mean([one.ece.value for one in found]) == pytest.approx(0.06, abs=0.003)
    assert sum(one.ece.low <= 0.06 <= one.ece.high for one in found) >= 34
    assert all(one.ece.low > 0.03 for one in found)


def test_rows_of_one_user_count_as_one_user() -> None:
    labels, predicted, _ = labelled(1000, 3)
    labels, predicted = np.repeat(labels, 10), np.repeat(predicted, 10)
    by_row = calibration.measure(labels, predicted, np.arange(10_000), seed=0)
    by_user = calibration.measure(labels, predicted, np.repeat(np.arange(1000), 10), seed=0)
    assert by_user.ratio.high - by_user.ratio.low > 2 * (by_row.ratio.high - by_row.ratio.low)


def test_each_position_and_segment_is_measured_by_itself() -> None:
    labels, predicted, users = labelled(3000, 4)
    position = np.arange(3000) % 3
    predicted = np.where(position == 2, 2 * predicted, predicted)
    found = calibration.by_group(labels, predicted, users, position, seed=0)
    assert list(found) == [0, 1, 2]
    assert found[0].ratio.low < 1 < found[0].ratio.high
    assert found[2].ratio.low > 1.5
    few = np.where(np.arange(3000) < 5, "few", "many")
    assert list(calibration.by_group(labels, predicted, users, few, seed=0, least=10)) == ["many"]


def test_without_a_known_label_nothing_is_measured() -> None:
    found = calibration.measure(np.full(4, np.nan), np.full(4, 0.1), np.arange(4), seed=0)
    assert found.rows == 0
    assert math.isnan(found.ece.value)
    assert found.bins == ()
    assert math.isnan(calibration.temperature(np.ones(3), np.full(3, 0.5)))


def test_the_temperature_that_was_put_in_is_found() -> None:
    rng = np.random.default_rng(5)
    truth = rng.uniform(0.02, 0.98, 40_000)
    labels = (rng.random(40_000) < truth).astype(float)
    oversure = calibration.at_temperature(truth, 1 / 2.5)
    assert calibration.temperature(labels, oversure) == pytest.approx(2.5, rel=0.05)
    assert calibration.temperature(labels, truth) == pytest.approx(1.0, rel=0.05)


@settings(deadline=None)
@given(st.floats(1e-4, 0.999), st.floats(0.01, 1.0))
def test_undoing_downsampling_gives_the_probability_with_all_negatives(truth: float, kept: float) -> None:
    seen = truth / (truth + (1 - truth) * kept)
    assert calibration.undo_downsampling(np.array([seen]), kept)[0] == pytest.approx(truth, rel=1e-6)


def test_a_share_of_no_negatives_is_refused() -> None:
    with pytest.raises(ValueError, match="kept: found 0"):
        calibration.undo_downsampling(np.array([0.5]), 0)


def test_the_better_calibrated_of_two_on_the_same_rows_is_told_apart() -> None:
    labels, shifted, users = labelled(6000, 7, shift=0.06)
    found = calibration.difference(labels, shifted, shifted - 0.06, users, seed=0)
    assert 0.03 < found.low < found.value < found.high
    assert found.value == pytest.approx(0.06, abs=0.015)
    same = calibration.difference(labels, shifted, shifted, users, seed=0)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    assert calibration.difference(labels[:1], shifted[:1], shifted[:1], users[:1], seed=0).limits == (None, None)
