"""Fit a calibrator: every method is tried, the one with the least cross-validated loss is kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from models.calibration import CLIP, Calibrator, Doubles
from models.interface import Floats

FOLDS = 5
Fit = Callable[[Doubles, Doubles], Calibrator | None]
Loss = Callable[[Doubles, Doubles], float]


def fit(kind: str, raw: Floats, labels: Floats, min_positives: int, seed: int) -> Calibrator:
    """The best calibrator of (n,) `raw` scores of a `binary` or `sum` head on (n,) `labels`; NaN labels are left out.

    With fewer than `min_positives` labels above 0, or (binary) as few at 0, it is the identity, with the reason.
    The loss is log loss for binary heads and Poisson deviance, whose optimum is the mean too, for sums.
    """
    known = np.isfinite(labels)
    scores, target = raw[known].astype(np.float64), labels[known].astype(np.float64)
    reason = _too_few(kind, target, min_positives)
    if reason:
        return Calibrator("identity", rows=len(target), reason=reason)
    methods, loss = (METHODS, log_loss) if kind == "binary" else (_SUM, poisson_deviance)
    losses = {name: _cross_validated(method, loss, scores, target, seed) for name, method in methods.items()}
    best = min(losses, key=lambda name: losses[name])
    fitted = methods[best](scores, target)
    assert fitted is not None  # its loss would be infinite
    return replace(fitted, rows=len(target), loss=losses[best])


def log_loss(predicted: Doubles, target: Doubles) -> float:
    """Mean negative log likelihood in nats of (n,) 0/1 targets."""
    p = np.clip(predicted, CLIP, 1 - CLIP)
    return float(-np.mean(target * np.log(p) + (1 - target) * np.log1p(-p)))


def poisson_deviance(predicted: Doubles, target: Doubles) -> float:
    """Mean Poisson deviance of (n,) amounts >= 0; least where `predicted` is the mean of `target`."""
    mean = np.maximum(predicted, CLIP)
    log_ratio = np.log(np.where(target > 0, target, mean) / mean)
    return float(2 * np.mean(target * log_ratio - target + mean))


def _too_few(kind: str, target: Doubles, min_positives: int) -> str:
    positives = int((target > 0).sum())
    if positives < min_positives:
        return f"{positives} positives among {len(target)} mature labels; calibration needs {min_positives}"
    negatives = len(target) - positives
    if kind == "binary" and negatives < min_positives:
        return f"{negatives} negatives among {len(target)} mature labels; calibration needs {min_positives}"
    return ""


def _cross_validated(method: Fit, loss: Loss, scores: Doubles, target: Doubles, seed: int) -> float:
    fold = np.random.default_rng(seed).permutation(len(target)) % FOLDS
    total = 0.0
    for held in range(FOLDS):
        inside = fold != held
        fitted = method(scores[inside], target[inside])
        if fitted is None:
            return float("inf")
        total += loss(fitted.apply(scores[~inside]).astype(np.float64), target[~inside]) * (~inside).sum()
    return total / len(target)


def _identity(_scores: Doubles, _target: Doubles) -> Calibrator:
    return Calibrator("identity")


def _platt(scores: Doubles, target: Doubles) -> Calibrator | None:
    p = np.clip(scores, CLIP, 1 - CLIP)
    slopes, intercept = _logistic(np.stack([np.log(p) - np.log1p(-p)], axis=1), target)
    return Calibrator("platt", a=slopes[0], c=intercept) if slopes[0] >= 0 else None


def _beta(scores: Doubles, target: Doubles) -> Calibrator | None:
    """Both slopes free; one that comes out negative is set to 0 and the other fitted alone (Kull et al. 2017)."""
    p = np.clip(scores, CLIP, 1 - CLIP)
    inputs = np.stack([np.log(p), -np.log1p(-p)], axis=1)
    slopes, intercept = _logistic(inputs, target)
    for negative, other in ((0, 1), (1, 0)):
        if slopes[negative] < 0:
            (slope,), intercept = _logistic(inputs[:, [other]], target)
            slopes = [0.0, 0.0]
            slopes[other] = slope
            break
    return Calibrator("beta", a=slopes[0], b=slopes[1], c=intercept) if min(slopes) >= 0 else None


def _scale(scores: Doubles, target: Doubles) -> Calibrator | None:
    return Calibrator("scale", a=float(target.sum() / scores.sum())) if scores.sum() > 0 else None


def _isotonic(scores: Doubles, target: Doubles) -> Calibrator:
    model = IsotonicRegression(out_of_bounds="clip").fit(scores, target)
    return Calibrator("isotonic", knots=(tuple(model.X_thresholds_.tolist()), tuple(model.y_thresholds_.tolist())))


def _logistic(inputs: Doubles, target: Doubles) -> tuple[list[float], float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=np.inf, max_iter=200).fit(inputs, target)
    return [float(slope) for slope in model.coef_[0]], float(model.intercept_[0])


METHODS: Mapping[str, Fit] = {"identity": _identity, "platt": _platt, "beta": _beta, "isotonic": _isotonic}
"""How each way of calibrating a binary head is fitted; None where it would reverse the order."""
_SUM: Mapping[str, Fit] = {"identity": _identity, "scale": _scale, "isotonic": _isotonic}
