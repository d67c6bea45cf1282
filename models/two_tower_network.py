"""The two towers in torch, for training only; `models.user_tower` and `models.item_tower` are the same in numpy."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.interface import Floats
from models.item_features import ItemFeatures
from models.item_tower import ItemTower
from models.user_tower import EPSILON, UserTower


class ItemNetwork(nn.Module):
    """Item vector = id + creator + topic embedding + linear content, of unit length."""

    def __init__(self, features: ItemFeatures, size: int, id_dropout: float) -> None:
        super().__init__()
        self.id_dropout = id_dropout
        self.ids, self.creators, self.topics, self.content = (
            torch.from_numpy(part) for part in (features.ids, features.creators, features.topics, features.content)
        )
        self.by_id, self.by_creator, self.by_topic = (
            _embedding(int(rows.max(initial=0)) + 1, size)
            for rows in (features.ids, features.creators, features.topics)
        )
        self.linear = nn.Linear(self.content.shape[1], size, bias=False) if self.content.shape[1] else None

    def forward(self, items: Tensor) -> Tensor:
        """(n,) rows to (n, d) unit vectors; in training an id is dropped now and then, so that the rest learns."""
        ids = self.ids[items]
        if self.training and self.id_dropout > 0:
            ids = ids * (torch.rand(len(ids)) >= self.id_dropout)
        total = self.by_id(ids) + self.by_creator(self.creators[items]) + self.by_topic(self.topics[items])
        if self.linear is not None:
            total = total + self.linear(self.content[items])
        return functional.normalize(total, dim=1, eps=EPSILON)

    def exported(self, features: ItemFeatures) -> ItemTower:
        """The same tower without the ids, for numpy."""
        size = self.by_id.embedding_dim
        return ItemTower(
            creators=features.creator_names,
            topics=features.topic_names,
            by_creator=_array(self.by_creator.weight)[: len(features.creator_names) + 1],
            by_topic=_array(self.by_topic.weight)[: len(features.topic_names) + 1],
            linear=_array(self.linear.weight.T) if self.linear is not None else np.zeros((0, size), np.float32),
            mean=features.mean,
            deviation=features.deviation,
        )


class UserNetwork(nn.Module):
    """The user tower; see `models.user_tower.UserTower` for the formula."""

    def __init__(self, size: int, length: int, hidden: int) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.zeros(length))
        self.attention = nn.Parameter(torch.eye(size))
        self.wide = nn.Linear(2 * size, hidden)
        self.narrow = nn.Linear(hidden, size)
        self.no_history = nn.Parameter(torch.randn(size) * size**-0.5)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)

    def forward(self, near: Tensor, there: Tensor) -> Tensor:
        """(m, L, d) item vectors, newest first, and (m, L) which of them are there, to (m, d) unit vectors."""
        newest = near[:, 0]
        logits = self.position + torch.einsum("mld,md->ml", near, newest @ self.attention.T)
        powers = torch.softmax(logits.masked_fill(~there, -1e30), dim=1) * there
        pooled = torch.einsum("ml,mld->md", powers, near)
        users = pooled + self.narrow(torch.relu(self.wide(torch.cat([pooled, newest], dim=1))))
        users = torch.where(there[:, :1], users, self.no_history)
        return functional.normalize(users, dim=1, eps=EPSILON)

    def exported(self) -> UserTower:
        """The same tower for numpy."""
        return UserTower(
            position=_array(self.position),
            attention=_array(self.attention),
            wide=_array(self.wide.weight.T),
            wide_bias=_array(self.wide.bias),
            narrow=_array(self.narrow.weight.T),
            narrow_bias=_array(self.narrow.bias),
            no_history=_array(self.no_history),
        )


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().numpy(), dtype=np.float32).copy()


def _embedding(rows: int, size: int) -> nn.Embedding:
    """A table whose row 0, of what training has not seen, is and stays zero."""
    table = nn.Embedding(rows, size, padding_idx=0)
    nn.init.normal_(table.weight, std=size**-0.5)
    with torch.no_grad():
        table.weight[0] = 0
    return table
