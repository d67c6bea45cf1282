"""What the ranker is given: dense features, ids, positions, labels and weights, as arrays of one length."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features import matrix
from models.interface import Floats, Ints, Strings
from surfaces.surface import Surface

CATEGORIES = ("user_id", "item_id", "creator_id", "topic", "country", "device")
"""The id columns that get an embedding each, in the order of the network's id input."""

UNKNOWN_POSITION = -1

Rows = npt.NDArray[np.bool_] | Ints | slice


@dataclass(frozen=True)
class RankerData:
    """n samples.

    `dense`: (n, F) float32, NaN where missing. `categories`: (n,) ids per name of CATEGORIES, None or "" where
    unknown; a name may be left out. `position`: (n,) int64 from 0, -1 where unknown. `labels`: (n,) float32 per
    head, NaN while null. `weights`: (n,) float32 >= 0. Raises ValueError if the lengths differ.
    """

    dense: Floats
    categories: Mapping[str, Strings]
    position: Ints
    labels: Mapping[str, Floats]
    weights: Floats

    def __post_init__(self) -> None:
        columns: dict[str, Sized] = {
            "position": self.position,
            "weights": self.weights,
            **self.categories,
            **self.labels,
        }
        wrong = {name: len(column) for name, column in columns.items() if len(column) != len(self.dense)}
        if wrong:
            raise ValueError(f"dense has {len(self.dense)} rows, but {wrong}")

    def __len__(self) -> int:
        return len(self.dense)

    def take(self, rows: Rows) -> RankerData:
        """The samples that `rows` (a mask, row numbers or a slice) picks."""
        return RankerData(
            dense=self.dense[rows],
            categories={name: column[rows] for name, column in self.categories.items()},
            position=self.position[rows],
            labels={head: column[rows] for head, column in self.labels.items()},
            weights=self.weights[rows],
        )


def head_kinds(surface: Surface) -> dict[str, str]:
    """`binary` or `sum` per head of the surface's ranker, in its order; empty without a ranker."""
    return {head: surface.outcomes[head].kind for head in (surface.ranker.heads if surface.ranker else ())}


def from_samples(samples: pa.Table, surface: Surface, night: date) -> RankerData:
    """Rows of gold.samples (labels already masked as known at `night`) as ranker data, in the same order.

    A sample that is d days old at `night` weighs 0.5 ** (d / half_life_days). What the surface lacks is unknown.
    """
    return RankerData(
        dense=matrix.from_samples(samples, surface),
        categories={name: _strings(samples, name) for name in CATEGORIES},
        position=_positions(samples, surface),
        labels={head: _labels(samples, head) for head in head_kinds(surface)},
        weights=_weights(samples, night, surface.training.half_life_days),
    )


def _strings(samples: pa.Table, name: str) -> Strings:
    return np.asarray(samples[name].to_numpy(zero_copy_only=False), dtype=object)


def _positions(samples: pa.Table, surface: Surface) -> Ints:
    if not surface.has("position"):
        return np.full(len(samples), UNKNOWN_POSITION, dtype=np.int64)
    return np.asarray(samples["position"].cast(pa.int64()).fill_null(UNKNOWN_POSITION).to_numpy(), dtype=np.int64)


def _labels(samples: pa.Table, head: str) -> Floats:
    return np.asarray(samples[head].to_numpy(zero_copy_only=False), dtype=np.float32)


def _weights(samples: pa.Table, night: date, half_life_days: float) -> Floats:
    days = samples["event_day"].cast(pa.int32()).to_numpy()
    age = (night - date(1970, 1, 1)).days - days
    return np.asarray(0.5 ** (age / half_life_days), dtype=np.float32)
