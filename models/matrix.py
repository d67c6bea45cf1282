"""Interactions as a sparse user x item matrix, the input of ALS and item-item."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from models.interface import Interactions
from models.vocabulary import Vocabulary


def with_user(interactions: Interactions) -> Interactions:
    """The interactions whose user is known: logs without users bring `""`."""
    keep = interactions.users != ""
    return Interactions(
        interactions.users[keep], interactions.items[keep], interactions.weights[keep], interactions.times[keep]
    )


def user_item(interactions: Interactions, users: Vocabulary, items: Vocabulary) -> Any:
    """(users, items) float32 CSR of summed weights; every id must be in its vocabulary."""
    rows, columns = users.rows(interactions.users), items.rows(interactions.items)
    shape = (len(users), len(items))
    matrix = sp.coo_matrix((interactions.weights.astype(np.float32), (rows, columns)), shape=shape).tocsr()
    matrix.sum_duplicates()
    matrix.sort_indices()
    return matrix
