"""Training of the ranker's network: masked losses, time-decayed weights, early stopping on later data."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.interface import Floats
from models.ranker_config import RankerConfig
from models.ranker_network import RankerNetwork

BIAS_TOWER_RATE = 10.0
"""The bias tower has one number per position and head: it may, and in few steps must, move faster than the rest."""


LEVEL_ROWS = 50_000
"""Samples (at most, about) on which the level of the bias tower is chosen."""


@dataclass(frozen=True)
class Tensors:
    """n samples as the network's inputs and, per head, how much each counts as a positive and as a negative.

    `positive`, `negative`: (n, H) float32, both 0 where the label is null. `weight`: (n, H), their normaliser.
    """

    dense: Tensor
    ids: Tensor
    position: Tensor
    positive: Tensor
    negative: Tensor
    weight: Tensor

    def __len__(self) -> int:
        return len(self.dense)

    def take(self, rows: Tensor | slice) -> Tensors:
        return Tensors(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[Tensors]:
        """The samples in runs of `size`, in `order` where given."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield self.take(rows if order is None else order[rows])


def train(
    network: RankerNetwork, data: Tensors, validation: Tensors, config: RankerConfig, seed: int
) -> dict[str, list[float]]:
    """Train `network` in place; it ends with the weights of the epoch that was best on `validation`, the bias tower
    centred.

    Stops after `patience` epochs without improvement; where `validation` has no label it runs every epoch. Returns
    the curves `train_loss` and `validation_loss`, one value an epoch.
    """
    curves: dict[str, list[float]] = {"train_loss": [], "validation_loss": []}
    best, best_epoch, best_state = float("inf"), 0, network.state_dict()
    validated = bool(validation.weight.sum() > 0)
    with reproducible(seed, config.threads):
        optimizer = _optimizer(network, config)
        for epoch in range(config.epochs):
            curves["train_loss"].append(_epoch(network, data, config, optimizer))
            if not validated:
                continue
            loss = mean_loss(network, validation, config.batch_size)
            curves["validation_loss"].append(loss)
            if loss < best:
                best, best_epoch, best_state = loss, epoch, copy.deepcopy(network.state_dict())
            elif epoch - best_epoch >= config.patience:
                break
    network.load_state_dict(best_state)
    network.eval()
    _centre_bias_tower(network, data)
    return curves


@contextlib.contextmanager
def reproducible(seed: int, threads: int) -> Iterator[None]:
    """Seeds torch and sets its threads for the block, and puts both back as they were."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def head_losses(logits: Tensor, batch: Tensors) -> tuple[Tensor, Tensor]:
    """(H,) summed cross-entropy per head and (H,) the weight it is summed over (0 for a head without labels).

    positive * log(1 + e^-z) + negative * log(1 + e^z): plain cross-entropy when positive + negative = 1, weighted
    logistic regression (Covington et al. 2016) when positive is an amount and negative is 1.
    """
    losses = batch.positive * functional.softplus(-logits) + batch.negative * functional.softplus(logits)
    return losses.sum(dim=0), batch.weight.sum(dim=0)


@torch.no_grad()
def mean_loss(network: RankerNetwork, data: Tensors, batch_size: int) -> float:
    """Sum over heads of the weighted mean loss."""
    network.eval()
    parts = [head_losses(network(batch.dense, batch.ids, batch.position), batch) for batch in data.batches(batch_size)]
    losses, weights = (torch.stack(column).double().sum(dim=0) for column in zip(*parts, strict=True))
    return float((losses / weights.clamp(min=1e-12)).sum())


@torch.no_grad()
def scores(network: RankerNetwork, dense: Tensor, ids: Tensor, position: Tensor, batch_size: int = 16384) -> Floats:
    """(n, H) float32 scores of a trained network."""
    network.eval()
    parts = [
        network.scores(network(dense[rows], ids[rows], position[rows]))
        for rows in (slice(start, start + batch_size) for start in range(0, len(dense), batch_size))
    ]
    return np.asarray(torch.concat(parts).numpy() if parts else np.zeros((0, network.heads.out_features), np.float32))


@torch.no_grad()
def _centre_bias_tower(network: RankerNetwork, data: Tensors) -> None:
    """Choose the level of the bias tower, which training leaves open, such that the mean score per head without any
    position is that with the positions as shown."""
    if network.bias_tower.num_embeddings == 1:
        return
    rows = data.take(slice(None, None, -(-len(data) // LEVEL_ROWS)))
    neutral = network(rows.dense, rows.ids, torch.zeros_like(rows.position))
    weight = rows.weight.double()

    def mean_score(logits: Tensor) -> Tensor:
        return (network.scores(logits).double() * weight).sum(dim=0) / weight.sum(dim=0).clamp(min=1e-12)

    wanted = mean_score(network(rows.dense, rows.ids, rows.position))
    low, high = torch.full_like(wanted, -20.0), torch.full_like(wanted, 20.0)
    for _ in range(40):
        middle = (low + high) / 2
        below = mean_score(neutral + middle) < wanted
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    network.move_bias(torch.where(weight.sum(dim=0) > 0, (low + high) / 2, 0.0).float())


def _optimizer(network: RankerNetwork, config: RankerConfig) -> torch.optim.Optimizer:
    decayed = [p for name, p in network.named_parameters() if name.endswith("weight") and "bias_tower" not in name]
    plain = [p for name, p in network.named_parameters() if name.endswith("bias")]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": plain, "weight_decay": 0.0},
        {"params": [network.bias_tower.weight], "weight_decay": 0.0, "lr": config.learning_rate * BIAS_TOWER_RATE},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def _epoch(network: RankerNetwork, data: Tensors, config: RankerConfig, optimizer: torch.optim.Optimizer) -> float:
    network.train()
    total, seen = 0.0, 0
    for batch in data.batches(config.batch_size, torch.randperm(len(data))):
        optimizer.zero_grad(set_to_none=True)
        ids = _hidden(batch.ids, config.id_dropout)
        losses, weights = head_losses(network(batch.dense, ids, batch.position), batch)
        loss = (losses / weights.clamp(min=1e-12)).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total, seen = total + loss.item() * len(batch), seen + len(batch)
    return total / seen


def _hidden(rows: Tensor, share: float) -> Tensor:
    """`rows` with a random `share` set to 0, the unknown one."""
    return torch.where(torch.rand(rows.shape) < share, torch.zeros_like(rows), rows) if share else rows
