"""The user side of the two-tower model in plain numpy: serving needs no torch to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.interface import Floats, Ints

EPSILON = 1e-6


@dataclass(frozen=True)
class UserTower:
    """Attention over the vectors of the last items of a history, then one residual layer; unit length.

    With h_0 the newest item: a = softmax(position + H A h_0), p = a H, u = p + relu([p, h_0] W1 + b1) W2 + b2.
    `position`: (L,), `attention`: (d, d), `wide`: (2d, w), `wide_bias`: (w,), `narrow`: (w, d), `narrow_bias`: (d,),
    `no_history`: (d,) the vector in place of u where the history is empty.
    """

    position: Floats
    attention: Floats
    wide: Floats
    wide_bias: Floats
    narrow: Floats
    narrow_bias: Floats
    no_history: Floats

    @property
    def length(self) -> int:
        """L, the items of a history that count."""
        return len(self.position)

    def vectors(self, items: Floats, history: Ints) -> Floats:
        """(m, d) float32 unit vectors of histories given as rows of the (n, d) `items`.

        `history`: (m, L), newest first, -1 after the oldest.
        """
        there = history >= 0
        near = np.where(there[:, :, None], items[history], np.float32(0))
        newest = near[:, 0]
        logits = self.position + np.einsum("mld,md->ml", near, newest @ self.attention.T)
        pooled = np.einsum("ml,mld->md", _softmax(logits, there), near)
        hidden = np.maximum(np.hstack([pooled, newest]) @ self.wide + self.wide_bias, 0)
        users = pooled + hidden @ self.narrow + self.narrow_bias
        users[~there[:, 0]] = self.no_history
        length = np.linalg.norm(users, axis=1, keepdims=True)
        unit: Floats = (users / np.maximum(length, EPSILON)).astype(np.float32)
        return unit


def newest_first(histories: Sequence[Ints], length: int) -> Ints:
    """(m, length) int64: the last rows of each history, newest first, padded with -1."""
    padded = np.full((len(histories), length), -1, np.int64)
    for row, history in enumerate(histories):
        last = history[::-1][:length]
        padded[row, : len(last)] = last
    return padded


def _softmax(logits: Floats, there: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Floats:
    masked = np.where(there, logits, np.float32(-1e30))
    powers = np.where(there, np.exp(masked - masked.max(axis=1, keepdims=True)), np.float32(0))
    shares: Floats = powers / np.maximum(powers.sum(axis=1, keepdims=True), EPSILON)
    return shares
