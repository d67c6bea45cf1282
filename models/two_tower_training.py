"""The fit of the two-tower model: sampled softmax over in-batch and uniform negatives, stopped by validation recall."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils import deterministic

from models.interface import Catalogue, FitReport, Floats, Interactions, Ints
from models.item_features import ItemFeatures
from models.matrix import with_user
from models.parameters import parameters
from models.two_tower_examples import Examples, examples
from models.two_tower_network import ItemNetwork, UserNetwork
from models.validation import METRIC, Holdout, holdout

if TYPE_CHECKING:
    from models.two_tower import TwoTower

PATIENCE = 2
"""Epochs without a better validation recall before the fit stops."""
HIDDEN = 2
"""Width of the user tower's layer, in embedding sizes."""


def fit(model: TwoTower, train: Interactions, validation: Interactions, catalogue: Catalogue, seed: int) -> FitReport:
    """Fit `model` in place on one thread; the same data and seed give the same bits on one machine."""
    train = with_user(train)
    features = ItemFeatures.of(catalogue, train)
    model.items, model.recommendable = features.items, features.recommendable
    report = FitReport()
    with _deterministic(seed):
        trainer = Trainer(model, features, examples(train, features.items, model.history), seed)
        report.curves = _train(model, trainer, holdout(train, validation, seed))
    report.parameters = parameters(model)
    report.metrics = {"items": float(features.recommendable), "examples": float(len(trainer.data))}
    report.metrics["loss"] = report.curves["loss"][model.epochs - 1]
    if METRIC in report.curves:
        report.metrics[METRIC] = max(report.curves[METRIC])
    return report


def _train(model: TwoTower, trainer: Trainer, held: Holdout) -> dict[str, list[float]]:
    """Run the epochs; leaves `model` as it was after the best one, which becomes its `epochs`."""
    losses: list[float] = []
    recalls: list[float] = []
    kept, best = None, 0
    for epoch in range(1, model.epochs + 1):
        losses.append(trainer.epoch())
        if not held.relevant:
            continue
        trainer.export()
        recalls.append(held.recall(model.recommend))
        if kept is None or recalls[-1] > recalls[best - 1]:
            kept, best = (model.vectors, model.tower, model.item_tower), epoch
        elif epoch >= best + PATIENCE:
            break
    if kept is None:
        trainer.export()
        return {"loss": losses}
    model.vectors, model.tower, model.item_tower = kept
    model.epochs = best
    return {"loss": losses, METRIC: recalls}


class Trainer:
    """Both towers, their optimiser, and the examples; `export` hands what was learned to the model."""

    def __init__(self, model: TwoTower, features: ItemFeatures, data: Examples, seed: int) -> None:
        self.model = model
        self.data = data
        self.rng = np.random.default_rng(seed)
        self.features = features
        self.items = ItemNetwork(features, model.embedding_size, model.id_dropout)
        self.users = UserNetwork(model.embedding_size, model.history, HIDDEN * model.embedding_size)
        learned = [*self.items.parameters(), *self.users.parameters()]
        self.optimiser = torch.optim.Adam(learned, lr=model.learning_rate, fused=True)
        self.candidates = len(features.items)
        self.log_expected = torch.from_numpy(self._log_expected())

    def epoch(self) -> float:
        """One pass over the examples in a random order; the mean loss."""
        self.items.train()
        self.users.train()
        order = self.rng.permutation(len(self.data))
        total = 0.0
        for start in range(0, len(order), self.model.batch_size):
            batch = order[start : start + self.model.batch_size]
            loss = self._loss(batch)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            total += float(loss.detach()) * len(batch)
        return total / len(order)

    def export(self) -> None:
        """Set the item vectors and both towers of the model."""
        self.items.eval()
        with torch.no_grad():
            self.model.vectors = self.items(torch.arange(self.candidates)).numpy().copy()
        self.model.tower = self.users.exported()
        self.model.item_tower = self.items.exported(self.features)

    def _loss(self, batch: Ints) -> Tensor:
        """Softmax of each example's target among the batch's targets and the uniform negatives.

        A candidate's logit is lowered by the log of how often it is expected in that pool (logQ correction: Bengio
        and Senecal 2008; Yi et al., RecSys 2019; mixed with uniform negatives: Yang et al., WWW 2020).
        """
        targets, history = self.data.targets[batch], self.data.history[batch]
        uniform = self.rng.integers(self.candidates, size=self.model.uniform_negatives)
        pool = np.concatenate([targets, uniform])
        needed, places = np.unique(np.concatenate([pool, history.ravel()]), return_inverse=True)
        vectors = self.items(torch.from_numpy(np.maximum(needed, 0)))
        near = functional.embedding(torch.from_numpy(places[len(pool) :].reshape(history.shape)), vectors)
        users = self.users(near, torch.from_numpy(history >= 0))
        offered = functional.embedding(torch.from_numpy(places[: len(pool)]), vectors)
        logits = torch.addmm(-self.log_expected[torch.from_numpy(pool)], users / self.model.temperature, offered.T)
        logits[_repeated(targets, pool)] = -torch.inf
        losses = functional.cross_entropy(logits, torch.arange(len(batch)), reduction="none")
        return (losses * torch.from_numpy(self.data.weights[batch])).mean()

    def _log_expected(self) -> Floats:
        """(n,) log of the expected number of times that an item is in the pool of a batch."""
        counts = np.bincount(self.data.targets, minlength=self.candidates)
        batch = min(self.model.batch_size, len(self.data))
        expected = batch * counts / max(len(self.data), 1) + self.model.uniform_negatives / self.candidates
        return np.log(np.maximum(expected, 1e-12)).astype(np.float32)


def _repeated(targets: Ints, pool: Ints) -> tuple[Tensor, Tensor]:
    """(rows, columns) of candidates that are the row's target once more; its own place, the diagonal, is not."""
    rows, columns = np.nonzero(targets[:, None] == pool)
    apart = rows != columns
    return torch.from_numpy(rows[apart]), torch.from_numpy(columns[apart])


@contextlib.contextmanager
def _deterministic(seed: int) -> Iterator[None]:
    """Torch on one thread, seeded, and with no algorithm whose sums depend on timing; as it was afterwards."""
    threads, before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(True)
        torch.set_num_threads(1)
        filled = deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
        deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        try:
            yield
        finally:
            deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(before)
