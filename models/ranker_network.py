"""The ranker's torch network: shared embeddings, cross layers, a small deep part, one head per outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.interface import Floats

CLIP = 8.0
"""Standardised features are clipped here: one absurd value must not own a cross term."""


@dataclass(frozen=True)
class NetworkInputs:
    """What the network must know of its data before it is built.

    `mean`, `scale`: (F,) float32 training statistics. `missing`: the columns that had missing values in training.
    `vocabularies`: rows of each embedding table. `positions`: number of known positions, 0 if none.
    `base`: (H,) float32 initial logit per head. `is_sum`: per head. `unit`: (H,) float32, 1 for binary heads.
    """

    mean: Floats
    scale: Floats
    missing: Sequence[int]
    vocabularies: Sequence[int]
    positions: int
    base: Floats
    is_sum: Sequence[bool]
    unit: Floats


class CrossLayer(nn.Module):
    """x0 * (W x + b) + x: DCN-v2, Wang et al. 2021, "DCN V2: Improved Deep & Cross Network", eq. 1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, first: Tensor, x: Tensor) -> Tensor:
        crossed: Tensor = first * self.linear(x) + x
        return crossed


class RankerNetwork(nn.Module):
    """(dense (n, F) float32, ids (n, C) int64, position (n,) int64) -> (n, H) logits.

    Position 0 is the unknown one. Its row of the shallow bias tower is held at zero, so that the logits then are the
    main tower's alone (Zhao et al. 2019, "Recommending what video to watch next", section 4.3). Positions are not
    dropped at random in training, as that paper does: a row without its position teaches the main tower to guess
    the position from the features, which is the bias that the tower is there to take away.
    """

    mean: Tensor
    scale: Tensor
    missing: Tensor
    is_sum: Tensor
    unit: Tensor

    def __init__(self, inputs: NetworkInputs, embedding_size: int, cross_layers: int, hidden: int, dropout: float):
        super().__init__()
        self.register_buffer("mean", torch.as_tensor(inputs.mean))
        self.register_buffer("scale", torch.as_tensor(inputs.scale))
        self.register_buffer("missing", torch.as_tensor(list(inputs.missing), dtype=torch.int64))
        self.register_buffer("is_sum", torch.as_tensor(list(inputs.is_sum), dtype=torch.bool))
        self.register_buffer("unit", torch.as_tensor(inputs.unit))
        sizes = [(rows, min(embedding_size, rows)) for rows in inputs.vocabularies]
        self.embeddings = nn.ModuleList(nn.Embedding(rows, size) for rows, size in sizes)
        width = len(inputs.mean) + len(inputs.missing) + sum(size for _, size in sizes)
        self.cross = nn.ModuleList(CrossLayer(width) for _ in range(cross_layers))
        self.deep = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, hidden // 2), nn.ReLU()
        )
        self.heads = nn.Linear(width + hidden // 2, len(inputs.base))
        self.bias_tower = nn.Embedding(inputs.positions + 1, len(inputs.base), padding_idx=0)
        self._initialise(torch.as_tensor(inputs.base))

    def _initialise(self, base: Tensor) -> None:
        """Every head starts at its base rate, so a head without labels keeps it."""
        for embedding in self.embeddings:
            nn.init.normal_(embedding.weight, std=0.05)  # type: ignore[arg-type]
        nn.init.zeros_(self.heads.weight)
        nn.init.zeros_(self.bias_tower.weight)
        with torch.no_grad():
            self.heads.bias.copy_(base)

    def forward(self, dense: Tensor, ids: Tensor, position: Tensor) -> Tensor:
        first = torch.concat([*self._dense(dense), *self._embedded(ids)], dim=1)
        crossed = first
        for layer in self.cross:
            crossed = layer(first, crossed)
        logits: Tensor = self.heads(torch.concat([crossed, self.deep(first)], dim=1))
        bias: Tensor = self.bias_tower(position)
        return logits + bias

    @torch.no_grad()
    def move_bias(self, shift: Tensor) -> None:
        """Move (H,) `shift` from the bias tower into the heads: logits at a known position stay as they are."""
        self.heads.bias.add_(shift)
        self.bias_tower.weight[1:].sub_(shift)

    def scores(self, logits: Tensor) -> Tensor:
        """(n, H): probability for binary heads, expected amount in the outcome's unit for sums (the odds)."""
        return torch.where(self.is_sum, torch.exp(logits) * self.unit, torch.sigmoid(logits))

    def _dense(self, dense: Tensor) -> list[Tensor]:
        absent = torch.isnan(dense)
        standard = ((dense - self.mean) / self.scale).clamp(-CLIP, CLIP)
        filled = torch.where(absent, torch.zeros_like(standard), standard)
        return [filled, absent.float().index_select(1, self.missing)] if len(self.missing) else [filled]

    def _embedded(self, ids: Tensor) -> list[Tensor]:
        return [embedding(ids[:, column]) for column, embedding in enumerate(self.embeddings)]


class Scored(nn.Module):
    """The network with its scores as output: what is exported."""

    def __init__(self, network: RankerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, dense: Tensor, ids: Tensor, position: Tensor) -> Tensor:
        return self.network.scores(self.network(dense, ids, position))
