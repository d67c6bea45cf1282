"""The fit of ALS: `implicit`'s conjugate gradients, stopped early and tuned by validation recall."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from models.interface import Catalogue, FitReport, Interactions
from models.matrix import user_item, with_user
from models.parameters import parameters
from models.validation import METRIC, Holdout, holdout
from models.vocabulary import Vocabulary, strings

if TYPE_CHECKING:
    from models.als import ALS

EVERY = 3
"""Epochs between two looks at the validation."""
PATIENCE = 2
"""Looks without a better recall before a fit stops."""
GRID = ((10.0, 10.0), (30.0, 3.0), (30.0, 10.0), (100.0, 10.0), (100.0, 40.0))
"""(regularization, alpha) tried when the model may choose."""


@dataclass(frozen=True)
class _Data:
    matrix: Any
    users: Vocabulary
    items: Vocabulary
    recommendable: int


@dataclass
class _Trial:
    """One setting's best look at the validation."""

    regularization: float
    alpha: float
    epochs: int
    recall: float
    curve: list[float]


def fit(model: ALS, train: Interactions, validation: Interactions, catalogue: Catalogue, seed: int) -> FitReport:
    """Fit `model` in place; the same data and seed give the same bits on one machine whatever the thread count.

    Each factor is solved on its own, so threads only share out the work; BLAS is held to one thread because its
    sums depend on how many it uses.
    """
    import implicit.cpu.als  # noqa: F401 - it loads a BLAS of its own, which the limit below must find

    train = with_user(train)
    data = _prepared(train, catalogue)
    held = holdout(train, validation, seed)
    with threadpool_limits(1, user_api="blas"):
        trials = _trials(model, data, held, seed) if held.relevant else []
        best = max(trials, key=lambda trial: trial.recall, default=None)
        if best is not None:
            model.regularization, model.alpha, model.epochs = best.regularization, best.alpha, best.epochs
        model.choose = False
        _run(model, data, seed, model.epochs)
    report = FitReport(parameters(model), {"users": float(len(data.users)), "items": float(data.recommendable)})
    if best is not None:
        report.metrics[METRIC] = best.recall
        report.curves[METRIC] = best.curve
    return report


def _prepared(train: Interactions, catalogue: Catalogue) -> _Data:
    known = Vocabulary(catalogue.item_ids)
    trained = sorted(set(train.items.tolist()))
    inside = [item for item in trained if item in known]
    items = Vocabulary(strings([*inside, *(item for item in trained if item not in known)]))
    users = Vocabulary.of(train.users.tolist())
    return _Data(user_item(train, users, items), users, items, len(inside))


def _trials(model: ALS, data: _Data, held: Holdout, seed: int) -> list[_Trial]:
    settings = GRID if model.choose else ((model.regularization, model.alpha),)
    return [_trial(replace(model, regularization=r, alpha=a), data, held, seed) for r, a in settings]


def _trial(model: ALS, data: _Data, held: Holdout, seed: int) -> _Trial:
    trial = _Trial(model.regularization, model.alpha, min(EVERY, model.epochs), -1.0, [])
    solver = None
    for epochs in range(EVERY, max(model.epochs, EVERY) + 1, EVERY):
        solver = _run(model, data, seed, EVERY, solver)
        recall = held.recall(model.recommend)
        trial.curve.append(recall)
        if recall > trial.recall:
            trial.recall, trial.epochs = recall, epochs
        elif epochs >= trial.epochs + PATIENCE * EVERY:
            break
    return trial


def _run(model: ALS, data: _Data, seed: int, epochs: int, solver: Any = None) -> Any:
    """Run `epochs` more of `solver` (a fresh one if None) and hand its factors to `model`."""
    from implicit.cpu.als import AlternatingLeastSquares

    confidence = data.matrix.copy()
    confidence.data = (1.0 + model.alpha * confidence.data).astype(np.float32)
    if solver is None:
        solver = AlternatingLeastSquares(
            factors=model.embedding_size, regularization=model.regularization, alpha=1.0, random_state=seed
        )
    solver.iterations = epochs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solver.fit(confidence, show_progress=False)
    users = solver.recalculate_user(np.arange(len(data.users)), confidence)
    model.set_factors(data.users, users, data.items, solver.item_factors.copy())
    model.recommendable = data.recommendable
    return solver
