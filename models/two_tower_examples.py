"""Training examples of the two-tower model: each response with what its user had responded to before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.interface import Floats, Interactions, Ints
from models.vocabulary import Vocabulary


@dataclass(frozen=True)
class Examples:
    """n examples. `targets`: (n,) item rows. `history`: (n, L) item rows, newest first, -1 padded. `weights`: (n,)."""

    targets: Ints
    history: Ints
    weights: Floats

    def __len__(self) -> int:
        return len(self.targets)


def examples(train: Interactions, items: Vocabulary, length: int) -> Examples:
    """One example per response; its history is the user's at most `length` responses at strictly earlier times.

    Responses to one slate share a time, so none of them sees another. Weights have mean 1.
    """
    users = Vocabulary.of(train.users.tolist()).rows(train.users)
    order = np.lexsort((np.arange(len(users)), train.times, users))
    users, times, rows = users[order], train.times[order], items.rows(train.items[order])
    earlier = _first_of_equal(users, times)
    begins = _first_of_equal(users, np.zeros_like(times))
    places = earlier[:, None] - 1 - np.arange(length)
    history = np.where(places >= begins[:, None], rows[np.maximum(places, 0)], -1)
    weights = train.weights[order] / train.weights.mean(dtype=np.float64)
    return Examples(rows, history, weights.astype(np.float32))


def _first_of_equal(users: Ints, times: Ints) -> Ints:
    """For rows sorted by (user, time): the first row with the same user and time."""
    new = np.ones(len(users), dtype=np.bool_)
    new[1:] = (users[1:] != users[:-1]) | (times[1:] != times[:-1])
    starts: Ints = np.maximum.accumulate(np.where(new, np.arange(len(users)), 0))
    return starts
