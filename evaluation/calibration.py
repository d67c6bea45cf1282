"""Whether predicted probabilities (or amounts) are what happens: by head, by segment, by position.

The calibration error is taken over bins of equally many rows (Nixon et al. 2019). It is biased upwards, for it adds up
absolute values of gaps that are noise in part; `Measured.ece` therefore also comes without the bias that resampling
shows (Bröcker 2012; Kumar, Liang, Ma 2019, section 4), and with an interval. Users are the independent units.
Calibrators themselves are fitted in `models.calibration_fit`; here is what only measures, or corrects by a formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

from evaluation.heads import BINS, CLIP, log_loss, quantile_bins
from evaluation.intervals import Bootstrap, Doubles, Interval, Units, linear, percentiles, units_of

Array = npt.NDArray[np.floating[Any]]
REPLICATES = 300


@dataclass(frozen=True)
class Bin:
    """Of `rows` rows the mean prediction, and the mean label with its interval."""

    predicted: float
    observed: Interval
    rows: int


@dataclass(frozen=True)
class Measured:
    """Calibration of n rows. `ratio`: sum of predictions over sum of labels. `plugin`: the calibration error as it is
    added up; `ece`: without its bias, with its interval, at least 0. `bins`: the reliability diagram."""

    rows: int
    positives: int
    predicted: float
    observed: Interval
    ratio: Interval
    plugin: float
    ece: Interval
    bins: tuple[Bin, ...]


def measure(labels: Array, predicted: Array, users: npt.NDArray[Any], seed: int, bins: int = BINS) -> Measured:
    """Calibration of (n,) `predicted` against (n,) `labels`, NaN left out; `users` (n,) say whose each row is."""
    known = ~np.isnan(labels)
    units = units_of(users[known])
    return _measure(labels[known], predicted[known], units, Bootstrap(units.count, seed, REPLICATES), bins)


def by_group(
    labels: Array, predicted: Array, users: npt.NDArray[Any], groups: npt.NDArray[Any], *, seed: int, least: int = 1
) -> dict[Any, Measured]:
    """`measure` within each group (a segment, a position) with at least `least` known labels, in their order."""
    known = ~np.isnan(labels)
    y, p, units, groups = labels[known], predicted[known], units_of(users[known]), groups[known]
    drawn = Bootstrap(units.count, seed, REPLICATES)
    names, counts = np.unique(groups, return_counts=True)
    parts = {name: groups == name for name, count in zip(names.tolist(), counts, strict=True) if count >= least}
    return {name: _measure(y[part], p[part], units.take(part), drawn, BINS) for name, part in parts.items()}


def difference(labels: Array, predicted: Array, other: Array, users: npt.NDArray[Any], seed: int) -> Interval:
    """Calibration error of (n,) `predicted` less that of `other`, both without their bias and of the same rows and
    samples of users: below 0 where `predicted` is the better calibrated."""
    known = ~np.isnan(labels)
    y, units = labels[known].astype(np.float64), units_of(users[known])
    drawn = Bootstrap(units.count, seed, REPLICATES)
    if units.count < 2:
        return Interval(*[float("nan")] * 3)
    mine, theirs = (_resampled(y, one[known].astype(np.float64), units, drawn, BINS) for one in (predicted, other))
    value = mine.plugin - mine.bias - (theirs.plugin - theirs.bias)
    low, high = percentiles((mine.again - 2 * mine.bias) - (theirs.again - 2 * theirs.bias))
    return Interval(value, low, high)


def temperature(labels: Array, predicted: Array) -> float:
    """The T > 0 at which sigmoid(logit(p) / T) has the least log loss (Guo et al. 2017): above 1 for predictions that
    are surer than they should be. NaN unless both kinds of label occur."""
    known = ~np.isnan(labels)
    y, p = labels[known], predicted[known]
    if not len(y) or y.min() == y.max():
        return float("nan")
    found = minimize_scalar(lambda log_t: log_loss(y, at_temperature(p, float(np.exp(log_t)))), bounds=(-4.0, 4.0))
    return float(np.exp(found.x))


def at_temperature(predicted: Array, temperature: float) -> Doubles:
    """(n,) probabilities with their logits divided by `temperature`."""
    return np.asarray(expit(logit(np.clip(predicted.astype(np.float64), CLIP, 1 - CLIP)) / temperature))


def undo_downsampling(predicted: Array, kept: float) -> Doubles:
    """(n,) probabilities of a model that was fitted on all positives and the share `kept` of the negatives, as they are
    with all negatives: p / (p + (1 - p) / kept) (He et al. 2014, section 6.3). Raises ValueError unless 0 < kept <= 1.
    """
    if not 0 < kept <= 1:
        raise ValueError(f"kept: found {kept}; allowed is a share above 0, at most 1")
    p = predicted.astype(np.float64)
    return np.asarray(p / (p + (1 - p) / kept))


def _measure(labels: Array, predicted: Array, units: Units, drawn: Bootstrap, bins: int) -> Measured:
    if not len(labels):
        nothing = Interval(*[float("nan")] * 3)
        return Measured(0, 0, float("nan"), nothing, nothing, float("nan"), nothing, ())
    y, p = labels.astype(np.float64), predicted.astype(np.float64)
    plugin, ece = _calibration_error(y, p, units, drawn, bins)
    return Measured(
        rows=len(y),
        positives=int((y > 0).sum()),
        predicted=float(p.mean()),
        observed=linear(y, units),
        ratio=drawn.mean(units.sums(p), units.sums(y)),
        plugin=plugin,
        ece=ece,
        bins=tuple(_bins(y, p, quantile_bins(p, bins), units)),
    )


@dataclass(frozen=True)
class _Resampled:
    """The calibration error as added up, by how much that is too high, and (replicates,) what it is in samples."""

    plugin: float
    bias: float
    again: Doubles


def _resampled(y: Doubles, p: Doubles, units: Units, drawn: Bootstrap, bins: int) -> _Resampled:
    gaps = _by_bin(y - p, quantile_bins(p, bins), units)
    plugin = float(np.abs(gaps.sum(axis=0)).sum() / len(y))
    rows = drawn.weights @ units.sums(np.ones(len(y))).astype(np.float32)
    again = np.abs(drawn.weights @ gaps.astype(np.float32)).sum(axis=1) / np.maximum(rows, 1)
    again = np.where(rows > 0, again, plugin).astype(np.float64)
    return _Resampled(plugin, float(again.mean()) - plugin, again)


def _calibration_error(y: Doubles, p: Doubles, units: Units, drawn: Bootstrap, bins: int) -> tuple[float, Interval]:
    """The error as added up; and the same without the bias that samples of the sample show, with its interval."""
    found = _resampled(y, p, units, drawn, bins)
    if units.count < 2:
        return found.plugin, Interval(found.plugin, float("nan"), float("nan"))
    low, high = percentiles(found.again - 2 * found.bias)
    return found.plugin, Interval(max(0.0, found.plugin - found.bias), max(0.0, low), max(0.0, high))


def _bins(y: Doubles, p: Doubles, bin_of: npt.NDArray[np.int64], units: Units) -> Iterator[Bin]:
    for nth in range(int(bin_of.max()) + 1):
        inside = bin_of == nth
        yield Bin(float(p[inside].mean()), linear(y[inside], units.take(inside)), int(inside.sum()))


def _by_bin(values: Doubles, bin_of: npt.NDArray[np.int64], units: Units) -> Doubles:
    """(users, bins) sums of `values`."""
    width = int(bin_of.max()) + 1
    flat = np.bincount(units.row * width + bin_of, values, minlength=units.count * width)
    return flat.astype(np.float64).reshape(units.count, width)
