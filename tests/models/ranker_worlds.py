"""Tiny sample sets for the ranker, each with one planted effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.interface import Floats, Strings
from models.ranker_data import RankerData

SMALL: dict[str, Any] = {
    "embedding_size": 4,
    "hidden": 16,
    "epochs": 6,
    "batch_size": 200,
    "learning_rate": 0.02,
    "cross_layers": 1,
    "min_count": 1,
    "patience": 6,
}
"""Hyper-parameters that learn a tiny set in about a second."""

Array = npt.NDArray[Any]


def data(dense: Array, labels: dict[str, Array], *, position: Array | None = None, **columns: Any) -> RankerData:
    """Ranker data of these columns; `columns` are categories, and `weights`."""
    n = len(dense)
    weights = columns.pop("weights", np.ones(n))
    return RankerData(
        dense=np.asarray(dense, np.float32),
        categories={name: np.asarray(ids, dtype=object) for name, ids in columns.items()},
        position=np.asarray(np.full(n, -1) if position is None else position, np.int64),
        labels={head: np.asarray(values, np.float32) for head, values in labels.items()},
        weights=np.asarray(weights, np.float32),
    )


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def drawn(rng: np.random.Generator, p: Array) -> Floats:
    """0/1 labels drawn with probability `p`."""
    return (rng.random(len(p)) < p).astype(np.float32)


def ids(prefix: str, numbers: Array) -> Strings:
    return np.array([f"{prefix}{number}" for number in numbers], dtype=object)


def one_feature(n: int = 2000, seed: int = 0) -> RankerData:
    """Column 0 decides the click and how long the dwell is (10 s on average where it is 0); column 1 is noise."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n, 2))
    click = drawn(rng, sigmoid(5 * dense[:, 0]))
    dwell = rng.exponential(10 * np.exp(0.5 * dense[:, 0]))
    return data(
        dense,
        {"click": click, "dwell": dwell},
        user_id=ids("u", rng.integers(0, 30, n)),
        item_id=ids("i", rng.integers(0, 40, n)),
    )


def good_and_bad_items(n: int = 3000, seed: int = 0) -> RankerData:
    """Even items are clicked, odd ones are not; nothing but the id tells them apart."""
    rng = np.random.default_rng(seed)
    items = rng.integers(0, 40, n)
    return data(
        rng.normal(size=(n, 1)), {"click": drawn(rng, np.where(items % 2, 0.05, 0.95))}, item_id=ids("i", items)
    )


def shown_by_fame(n: int = 8000, seed: int = 0) -> tuple[RankerData, Array]:
    """(samples, true quality): an old policy put famous items on top, where everything is clicked more.

    Column 0 is quality, which alone decides the click at a given position; column 1 is fame, which decides the
    position (0 to 9) but not the click.
    """
    rng = np.random.default_rng(seed)
    quality, fame = rng.normal(size=n), rng.normal(size=n)
    position = np.clip(np.round(4.5 - 3 * fame + rng.normal(size=n)), 0, 9)
    click = drawn(rng, sigmoid(1.0 + quality - 0.5 * position))
    return data(np.stack([quality, fame], axis=1), {"click": click}, position=position), quality
