"""What a feature or a rule does, from logs in which nobody drew lots for it: doubly robust, or refused.

Who got the treatment differs from who did not. Propensities (who gets it, given what was known before) and outcome
models both adjust for that, and the answer is right if either is (Robins, Rotnitzky, Zhao 1994). Neither can adjust
for what was not recorded, and nothing can where one side has nobody alike on the other: that is checked first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from schemas.errors import UserError

Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

FOLDS = 5
EDGE = 0.02
"""Propensities nearer than this to 0 or 1 have next to nobody on the other side."""
MOST_OUTSIDE = 0.05
"""Share of rows with such propensities from which no effect is told."""
LEAST_SHARE = 0.02
"""Effective share of rows, on either side, below which a few of them would decide."""
MOST_IMBALANCE = 0.1
"""Standardised difference of a covariate after weighting that is small enough (Austin 2009), beyond what two standard
errors of it could be."""


@dataclass(frozen=True)
class Overlap:
    """Whether the two sides can be compared. `outside`: share of rows with propensities within EDGE of 0 or 1.
    `effective`: (untreated, treated) effective sample sizes of the weights, as shares of their rows. `imbalance`:
    covariate to its standardised difference between the weighted sides. `faults`: why not, in words."""

    outside: float
    effective: tuple[float, float]
    imbalance: dict[str, float]
    faults: tuple[str, ...]

    @property
    def enough(self) -> bool:
        return not self.faults


@dataclass(frozen=True)
class CausalEffect:
    """The average effect of the treatment on `rows` rows of `users` users, with its interval at `level`; all None where
    `overlap` is not enough. `naive`: the plain difference, for comparison."""

    naive: float
    value: float | None
    error: float | None
    low: float | None
    high: float | None
    p: float | None
    overlap: Overlap
    rows: int
    users: int
    level: float


def causal_effect(
    outcome: Doubles,
    treated: Mask,
    covariates: dict[str, Doubles],
    user: Codes,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> CausalEffect:
    """The augmented inverse-propensity estimate, cross-fitted by user (Chernozhukov et al. 2018).

    `outcome`, `treated`, `user` and each covariate are (r,). Propensities are a logistic, outcomes a ridge regression
    on the covariates and their squares. Errors are clustered by user. Raises UserError for numbers that are not finite
    and for fewer users than folds on either side.
    """
    design = _design(outcome, treated, covariates, user)
    fold = _folds(user, seed)
    propensity, untreated, with_it = _crossfitted(design, outcome, treated, fold)
    overlap = check_overlap(propensity, treated, covariates)
    naive = float(outcome[treated].mean() - outcome[~treated].mean())
    users = len(np.unique(user))
    if not overlap.enough:
        return CausalEffect(naive, None, None, None, None, None, overlap, len(outcome), users, level)
    correction = np.where(treated, (outcome - with_it) / propensity, -(outcome - untreated) / (1 - propensity))
    scores = with_it - untreated + correction
    value = float(scores.mean())
    error = _clustered_error(scores, user)
    reach = float(stats.t.ppf((1 + level) / 2, users - 1)) * error
    p = float(2 * stats.t.sf(abs(value / error), users - 1))
    return CausalEffect(naive, value, error, value - reach, value + reach, p, overlap, len(outcome), users, level)


def check_overlap(propensity: Doubles, treated: Mask, covariates: dict[str, Doubles]) -> Overlap:
    """Whether rows of either side have others like them on the other, given (r,) `propensity` of the treatment."""
    clipped = np.clip(propensity, 1e-9, 1 - 1e-9)
    weights = np.where(treated, 1 / clipped, 1 / (1 - clipped))
    outside = float(((propensity < EDGE) | (propensity > 1 - EDGE)).mean())
    effective = tuple(float(w.sum() ** 2 / np.square(w).sum() / len(w)) for w in (weights[~treated], weights[treated]))
    imbalance = {name: _imbalance(column, treated, weights) for name, column in covariates.items()}
    faults = []
    if outside > MOST_OUTSIDE:
        faults.append(
            f"{outside:.1%} of rows have a propensity within {EDGE:g} of 0 or 1 ({MOST_OUTSIDE:.0%} is allowed): they "
            "have nobody to be compared with; leave them out, or let chance decide more often"
        )
    if min(effective) < LEAST_SHARE:
        faults.append(f"a few rows would decide: the effective sample is {min(effective):.1%} of one side")
    sizes = (effective[0] * int((~treated).sum()), effective[1] * int(treated.sum()))
    chance = 2 * math.sqrt(1 / sizes[0] + 1 / sizes[1])
    unlike = [name for name, size in imbalance.items() if abs(size) > MOST_IMBALANCE + chance]
    if unlike:
        faults.append(f"the sides still differ after weighting in {', '.join(unlike)}: the propensity model is wrong")
    return Overlap(outside, (effective[0], effective[1]), imbalance, tuple(faults))


def _design(outcome: Doubles, treated: Mask, covariates: dict[str, Doubles], user: Codes) -> Doubles:
    """(r, 2 c) standardised covariates and their squares."""
    for name, column in {"outcome": outcome, **covariates}.items():
        if not np.isfinite(column).all():
            raise UserError(f"{name}: {int((~np.isfinite(column)).sum()):,} of {len(column):,} values are no number")
    for side, rows in (("treated", treated), ("untreated", ~treated)):
        found = len(np.unique(user[rows]))
        if found < 2 * FOLDS:
            raise UserError(f"{found} {side} users; {2 * FOLDS} are needed")
    if not covariates:
        raise UserError("no covariates were given: nothing says how the two sides differ")
    plain = StandardScaler().fit_transform(np.column_stack(list(covariates.values())))
    return np.asarray(np.column_stack([plain, np.square(plain)]))


def _folds(user: Codes, seed: int) -> Codes:
    """(r,) the fold of each row; all rows of one user lie in one."""
    _, unit = np.unique(user, return_inverse=True)
    order = np.random.default_rng(seed).permutation(int(unit.max()) + 1)
    return np.asarray(order[unit] % FOLDS)


def _crossfitted(design: Doubles, outcome: Doubles, treated: Mask, fold: Codes) -> tuple[Doubles, Doubles, Doubles]:
    """(r,) propensity, outcome without and with the treatment, each from models of the other folds."""
    propensity, untreated, with_it = (np.empty(len(outcome)) for _ in range(3))
    for held in range(FOLDS):
        out, rest = fold == held, fold != held
        model = LogisticRegression(C=1e4, max_iter=1000).fit(design[rest], treated[rest])
        propensity[out] = model.predict_proba(design[out])[:, 1]
        for side, predicted in ((~treated, untreated), (treated, with_it)):
            predicted[out] = Ridge(1.0).fit(design[rest & side], outcome[rest & side]).predict(design[out])
    return propensity, untreated, with_it


def _imbalance(column: Doubles, treated: Mask, weights: Doubles) -> float:
    means = [float(np.average(column[side], weights=weights[side])) for side in (~treated, treated)]
    spread = float(np.sqrt((column[treated].var() + column[~treated].var()) / 2))
    return (means[1] - means[0]) / spread if spread > 0 else 0.0


def _clustered_error(scores: Doubles, user: Codes) -> float:
    _, unit = np.unique(user, return_inverse=True)
    rest = np.bincount(unit, scores - scores.mean())
    return float(np.sqrt(len(rest) / (len(rest) - 1) * np.square(rest).sum()) / len(scores))
