"""A model of rewards that never saw the user it is asked about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from evaluation.ope.clusters import Codes, mixed
from evaluation.ope.terms import Doubles

FOLDS = 5
Mask = npt.NDArray[np.bool_]


def fold_of(users: Codes, folds: int = FOLDS) -> npt.NDArray[np.int64]:
    """(n,) the fold of each row: all rows of one user in one fold, the same in every block."""
    return np.asarray(mixed(mixed(users)) % np.uint64(folds)).astype(np.int64)


def cross_fitted(users: Codes, fit: Callable[[Mask], Callable[[Mask], Doubles]], folds: int = FOLDS) -> Doubles:
    """(n, ...) predictions, each from a model that was fitted without the user's fold (Chernozhukov et al. 2018).

    `fit` takes the (n,) mask of rows to learn from and gives a function of the mask of rows to predict.
    """
    fold = fold_of(users, folds)
    found: Doubles | None = None
    for one in range(folds):
        out = fold == one
        if not out.any():
            continue
        predicted = fit(~out)(out)
        if found is None:
            found = np.zeros((len(users), *predicted.shape[1:]), dtype=np.float64)
        found[out] = predicted
    return np.zeros(0) if found is None else found


def scale_by_slot(users: Codes, rewards: Doubles, predicted: Doubles, folds: int = FOLDS) -> Doubles:
    """(n, K) what each slot's `predicted` (n, K) is to be multiplied by so that its sum is that of `rewards`.

    It takes up what a model of items does not know, the slot above all: fitted without the user's fold. 0 where
    nothing was predicted.
    """
    fold = fold_of(users, folds)
    scales = np.zeros((folds, rewards.shape[1]), dtype=np.float64)
    for one in range(folds):
        kept = fold != one
        below = predicted[kept].sum(axis=0)
        np.divide(rewards[kept].sum(axis=0), below, out=scales[one], where=below > 0)
    return np.asarray(scales[fold])
