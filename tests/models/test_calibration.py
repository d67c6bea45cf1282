"""Calibration: it mends a planted error, keeps the order, refuses to guess, and is applied by numpy alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.heads import auc, ece, mean_ratio
from models.calibration import CALIBRATION, Calibration, Calibrator
from models.calibration_fit import fit, log_loss, poisson_deviance
from models.interface import Floats
from schemas.errors import UserError

N = 20_000
GRID = np.linspace(0, 1, 501, dtype=np.float32)


def truth(seed: int = 0) -> tuple[Floats, Floats, np.random.Generator]:
    """(true probability, label drawn from it) of N rows."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 8, N).astype(np.float32)
    return p, (rng.random(N) < p).astype(np.float32), rng


def overconfident(p: Floats) -> Floats:
    """Logits stretched and shifted: what a ranker trained on sampled negatives predicts."""
    return (1 / (1 + np.exp(-(2.0 * np.log(p / (1 - p)) + 3.0)))).astype(np.float32)


def staircase(p: Floats) -> Floats:
    """Monotone but no sigmoid: only isotonic can undo it."""
    return np.where(p < 0.1, p * 0.2, np.where(p < 0.2, 0.5 + p, 0.9 + p * 0.05)).astype(np.float32)


@pytest.mark.parametrize("distortion", [overconfident, staircase])
def test_it_mends_a_planted_miscalibration_and_keeps_the_order(distortion: object) -> None:
    p, label, _ = truth()
    raw = distortion(p)  # type: ignore[operator]
    fitted = fit("binary", raw[::2], label[::2], 30, seed=1)
    test, labels = raw[1::2], label[1::2]
    assert ece(labels, test) > 0.1
    assert ece(labels, fitted.apply(test)) < 0.02
    assert auc(labels, fitted.apply(test)) == pytest.approx(auc(labels, test), abs=0.003)


def test_what_is_calibrated_stays_close_to_what_it_is() -> None:
    p, label, _ = truth()
    fitted = fit("binary", p, label, 30, seed=1)
    assert np.abs(fitted.apply(p) - p).max() < 0.06
    assert fitted.loss is not None
    assert fitted.loss <= log_loss(p.astype(np.float64), label.astype(np.float64)) + 1e-9


def test_the_method_is_the_one_with_the_least_cross_validated_loss() -> None:
    p, label, _ = truth()
    assert fit("binary", staircase(p), label, 30, seed=1).method == "isotonic"
    assert fit("binary", overconfident(p)[:600], label[:600], 30, seed=1).method in ("platt", "beta")


def test_an_amount_is_scaled_to_its_mean() -> None:
    _, _, rng = truth()
    mean = rng.gamma(2.0, 5.0, N).astype(np.float32)
    amounts = rng.exponential(mean).astype(np.float32)
    fitted = fit("sum", mean * 3, amounts, 30, seed=1)
    assert fitted.apply(mean * 3) == pytest.approx(mean, rel=0.5)
    assert mean_ratio(amounts, fitted.apply(mean * 3)) == pytest.approx(1.0, abs=0.02)


def test_null_labels_are_left_out() -> None:
    p, label, _ = truth()
    gaps = np.concatenate([label, np.full(500, np.nan, np.float32)])
    scores = np.concatenate([overconfident(p), np.full(500, 0.99, np.float32)])
    assert fit("binary", scores, gaps, 30, seed=1) == fit("binary", overconfident(p), label, 30, seed=1)


@pytest.mark.parametrize("kind", ["binary", "sum"])
def test_with_too_few_positives_it_changes_nothing_and_says_why(kind: str) -> None:
    raw, label = np.full(1000, 0.2, np.float32), np.zeros(1000, np.float32)
    label[:7] = 1
    fitted = fit(kind, raw, label, 30, seed=1)
    assert fitted.method == "identity"
    assert "7 positives among 1000" in fitted.reason
    assert np.array_equal(fitted.apply(raw), raw)
    assert Calibration({"like": fitted}).uncalibrated == {"like": fitted.reason}


def test_with_too_few_negatives_it_changes_nothing_and_says_why() -> None:
    fitted = fit("binary", np.full(100, 0.9, np.float32), np.ones(100, np.float32), 30, seed=1)
    assert "0 negatives" in fitted.reason


def test_a_score_that_ranks_backwards_is_not_turned_around() -> None:
    """A calibrator that decreased would change the order of what is served."""
    p, label, _ = truth()
    mapped = fit("binary", 1 - p, label, 30, seed=1).apply(GRID)
    assert np.all(np.diff(mapped) >= 0)


def test_the_same_seed_gives_the_same_calibrator() -> None:
    p, label, _ = truth()
    assert fit("binary", staircase(p), label, 30, seed=5) == fit("binary", staircase(p), label, 30, seed=5)


@settings(deadline=None, max_examples=20)
@given(
    arrays(np.float32, 60, elements=st.floats(0, 1, width=32)),
    arrays(np.float32, 60, elements=st.sampled_from([0.0, 1.0])),
)
def test_a_fitted_calibrator_never_decreases_and_gives_probabilities(raw: Floats, label: Floats) -> None:
    mapped = fit("binary", raw, label, 5, seed=0).apply(GRID)
    assert np.all(np.diff(mapped) >= -1e-7)
    assert mapped.min() >= 0
    assert mapped.max() <= 1


@pytest.mark.parametrize(
    "calibrator",
    [
        Calibrator("identity", reason="3 positives", rows=9),
        Calibrator("platt", a=0.5, c=-1.2, loss=0.3),
        Calibrator("beta", a=0.5, b=1.7, c=0.1),
        Calibrator("scale", a=0.25),
        Calibrator("isotonic", knots=((0.1, 0.4, 0.9), (0.0, 0.2, 0.7))),
    ],
)
def test_save_and_load_give_the_same_map(calibrator: Calibrator, tmp_path: Path) -> None:
    Calibration({"click": calibrator}).save(tmp_path)
    again = Calibration.load(tmp_path)
    assert again.heads == {"click": calibrator}
    assert np.array_equal(again.apply({"click": GRID})["click"], calibrator.apply(GRID))


def test_a_folder_without_calibration_or_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=CALIBRATION):
        Calibration.load(tmp_path)
    (tmp_path / CALIBRATION).write_text(json.dumps({"format": 99, "heads": {}}))
    with pytest.raises(UserError, match="format 99"):
        Calibration.load(tmp_path)


def test_poisson_deviance_is_least_at_the_mean_and_zero_when_exact() -> None:
    amounts = np.array([0.0, 3.0, 9.0])
    at = {mean: poisson_deviance(np.full(3, mean), amounts) for mean in (3.0, 4.0, 5.0)}
    assert min(at, key=lambda mean: at[mean]) == 4.0
    assert poisson_deviance(amounts, amounts) == pytest.approx(0.0, abs=1e-6)
