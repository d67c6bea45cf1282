"""Head metrics against scikit-learn, values worked out by hand, and laws that hold whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sk

from evaluation import heads

NAN = float("nan")
RNG = np.random.default_rng(3)
PREDICTED = np.round(RNG.random(500), 2)
LABELS = (RNG.random(500) < PREDICTED).astype(np.float64)

probabilities = arrays(np.float64, 40, elements=st.floats(0.001, 0.999))
binary = arrays(np.float64, 40, elements=st.sampled_from([0.0, 1.0]))


def test_auc_and_log_loss_are_scikit_learns() -> None:
    assert heads.auc(LABELS, PREDICTED) == pytest.approx(sk.roc_auc_score(LABELS, PREDICTED), abs=1e-12)
    clipped = np.clip(PREDICTED, heads.CLIP, 1 - heads.CLIP)
    assert heads.log_loss(LABELS, PREDICTED) == pytest.approx(sk.log_loss(LABELS, clipped), rel=1e-9)


def test_auc_counts_a_tie_as_half() -> None:
    assert heads.auc(np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.5, 0.5, 0.1])) == pytest.approx(3.5 / 4)


def test_auc_of_an_amount_is_that_of_its_being_above_zero() -> None:
    assert heads.auc(np.array([30.0, 0.0, 2.0]), np.array([4.0, 3.0, 5.0])) == 1.0


def test_null_labels_are_left_out_of_every_figure() -> None:
    padded, more = np.append(LABELS, [NAN, NAN]), np.append(PREDICTED, [0.0, 1.0])
    assert heads.summary("binary", padded, more) == heads.summary("binary", LABELS, PREDICTED)


@pytest.mark.parametrize("labels", [[], [1.0, 1.0], [0.0], [NAN]])
def test_what_cannot_be_measured_is_nan(labels: list[float]) -> None:
    array = np.array(labels)
    assert math.isnan(heads.auc(array, np.full(len(array), 0.5)))
    assert math.isnan(heads.normalized_entropy(array, np.full(len(array), 0.5)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["binary", "sum"])
def test_a_head_whose_labels_are_all_null_has_no_figure_and_warns_of_nothing(kind: str) -> None:
    found = heads.summary(kind, np.full(5, NAN), np.full(5, 0.5))
    assert (found.pop("rows"), found.pop("positives")) == (0.0, 0.0)
    assert all(math.isnan(value) for value in found.values())


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        heads.auc(np.ones(3), np.ones(2))


def test_ece_by_hand() -> None:
    predicted = np.array([0.1, 0.1, 0.1, 0.1, 0.8, 0.8, 0.8, 0.8])
    labels = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert heads.ece(labels, predicted, bins=2) == pytest.approx((0.15 + 0.2) / 2)
    assert heads.relative_ece(labels, predicted, bins=2) == pytest.approx(0.175 / 0.625)


def test_equal_predictions_share_a_bin() -> None:
    """Split in two, six rows at one prediction could look miscalibrated although their mean is right."""
    labels = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    assert heads.ece(labels, np.full(6, 0.5), bins=3) == 0.0
    assert heads.reliability(labels, np.full(6, 0.5), bins=3).rows.tolist() == [6]


def test_bins_hold_equally_many_rows() -> None:
    table = heads.reliability(LABELS, RNG.random(500), bins=10)
    assert table.rows.tolist() == [50] * 10
    assert np.all(np.diff(table.predicted) > 0)


def test_normalized_entropy_is_one_for_the_mean_and_less_for_knowledge() -> None:
    assert heads.normalized_entropy(LABELS, np.full(500, LABELS.mean())) == pytest.approx(1.0)
    assert heads.normalized_entropy(LABELS, PREDICTED) < 0.9


def test_grouped_auc_is_the_mean_of_the_groups_weighted_by_rows() -> None:
    groups = np.array(["a"] * 2 + ["b"] * 4 + ["all clicked"] * 2, dtype=object)
    labels = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    predicted = np.array([0.2, 0.1, 0.5, 0.9, 0.4, 0.3, 0.7, 0.1])
    assert heads.grouped_auc(labels, predicted, groups) == pytest.approx((1.0 * 2 + 2 / 3 * 4) / 6)


def test_grouped_auc_does_not_credit_telling_groups_apart() -> None:
    """Every user of one group clicks half the time: scores that only know the group rank nothing within it."""
    groups = np.repeat(np.array(["eager", "idle"], dtype=object), 100)
    labels = np.concatenate([RNG.random(100) < 0.9, RNG.random(100) < 0.1]).astype(np.float64)
    predicted = np.repeat([0.9, 0.1], 100)
    assert heads.auc(labels, predicted) > 0.8
    assert heads.grouped_auc(labels, predicted, groups) == 0.5


def test_amounts_have_errors_in_their_unit() -> None:
    labels, predicted = np.array([10.0, 0.0]), np.array([7.0, 4.0])
    found = heads.summary("sum", labels, predicted)
    assert found["rmse"] == pytest.approx(math.sqrt((9 + 16) / 2))
    assert found["mae"] == pytest.approx(3.5)
    assert found["mean_ratio"] == pytest.approx(1.1)
    assert "log_loss" not in found


@settings(deadline=None)
@given(binary, probabilities)
def test_auc_lies_in_0_1_and_turns_around_with_the_scores(labels: np.ndarray, predicted: np.ndarray) -> None:
    if 0 < labels.sum() < len(labels):
        value = heads.auc(labels, predicted)
        assert 0 <= value <= 1
        assert heads.auc(labels, -predicted) == pytest.approx(1 - value)
        assert heads.auc(labels, predicted**3) == pytest.approx(value), "an order is all it looks at"


@settings(deadline=None)
@given(binary, probabilities, st.integers(1, 20))
def test_ece_lies_between_the_error_in_the_large_and_1(labels: np.ndarray, predicted: np.ndarray, bins: int) -> None:
    value = heads.ece(labels, predicted, bins)
    assert abs(predicted.mean() - labels.mean()) - 1e-9 <= value <= 1
    assert heads.reliability(labels, predicted, bins).rows.sum() == len(labels)


@settings(deadline=None)
@given(binary, probabilities)
def test_nothing_constant_beats_the_mean(labels: np.ndarray, predicted: np.ndarray) -> None:
    constant = np.full(len(labels), predicted[0])
    if 0 < labels.sum() < len(labels):
        assert heads.normalized_entropy(labels, constant) >= 1 - 1e-9
