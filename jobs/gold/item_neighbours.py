"""Which items the same users responded to, as known at the end of a day: what `neighbour_affinity` is computed from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.request import HISTORY
from jobs.gold.training_data import interactions
from jobs.night import Night, days_between
from models.cooccurrence import Cooccurrence, neighbours
from models.interface import Interactions, Strings
from models.matrix import user_item, with_user
from models.vocabulary import Vocabulary

NEIGHBOURS = 100
"""Most neighbours of an item, the nearest."""
NORMALISATION = "cosine"


def item_neighbours(night: Night, as_of: date, items: Strings) -> Any:
    """(n, n) float32 CSR of cosines of `items` (n,), from the last responses of every user within a training window
    that ends with `as_of`, as known then."""
    window = days_between(as_of - timedelta(days=night.surface.training.window_days - 1), as_of)
    known = Vocabulary(items)
    positives = _latest(with_user(interactions(night, window, as_of)))
    inside = known.rows(positives.items) >= 0
    positives = Interactions(*(getattr(positives, name)[inside] for name in ("users", "items", "weights", "times")))
    counts = user_item(positives, Vocabulary.of(positives.users.tolist()), known)
    # A user's liking counts once an item: heavy responders would else own every pair.
    counts.data[:] = 1.0
    pairs = Cooccurrence.count(counts, np.ones(len(items), dtype=np.bool_))
    return neighbours(pairs.similarities(NORMALISATION), NEIGHBOURS)


def _latest(positives: Interactions) -> Interactions:
    """The last `HISTORY` responses of each user; pairs grow with the square of them."""
    users = pc.dictionary_encode(pa.array(positives.users, pa.string())).indices.to_numpy()
    order = np.lexsort((positives.times, users))
    ends = np.cumsum(np.bincount(users))
    age = ends[users[order]] - 1 - np.arange(len(order))
    last = np.sort(order[age < HISTORY])
    return Interactions(*(getattr(positives, name)[last] for name in ("users", "items", "weights", "times")))
