from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evaluation.ope.cross_fitting import Mask, cross_fitted, fold_of, scale_by_slot
from evaluation.ope.terms import Doubles

USERS = np.repeat(np.arange(200, dtype=np.uint64), 5)


def test_a_user_is_in_one_fold() -> None:
    folds = fold_of(USERS).reshape(200, 5)
    assert (folds == folds[:, :1]).all()
    assert set(folds.ravel()) == {0, 1, 2, 3, 4}


def test_no_model_is_asked_about_a_user_it_saw() -> None:
    def fit(kept: Mask) -> Callable[[Mask], Doubles]:
        known = set(USERS[kept].tolist())
        return lambda out: np.array([float(user in known) for user in USERS[out].tolist()])

    assert cross_fitted(USERS, fit).sum() == 0.0


def test_a_mean_of_the_other_folds_is_given_to_each() -> None:
    values = np.arange(len(USERS), dtype=np.float64)
    found = cross_fitted(USERS, lambda kept: lambda out: np.full(out.sum(), values[kept].mean()))
    folds = fold_of(USERS)
    for fold in range(5):
        np.testing.assert_allclose(found[folds == fold], values[folds != fold].mean())


def test_slots_are_scaled_by_what_others_did() -> None:
    rewards = np.tile([0.4, 0.1, 0.0], (1000, 1))
    predicted = np.tile([0.8, 0.8, 0.0], (1000, 1))
    np.testing.assert_allclose(scale_by_slot(USERS, rewards, predicted), np.tile([0.5, 0.125, 0.0], (1000, 1)))
