"""Two-tower: a user's history and an item's id and features meet in one space (Yi et al., RecSys 2019)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models import storage
from models.exact import CHUNK
from models.interface import Catalogue, FitReport, Floats, Interactions, Requests
from models.item_factors import ItemFactors
from models.item_tower import ItemTower
from models.parameters import parameters
from models.user_tower import UserTower, newest_first


@dataclass
class TwoTower(ItemFactors):
    """Users by their history alone, so that unknown ones are answered like known ones; no history has its own vector.

    Items that nobody responded to yet have a vector if their creator, topic or content says something. All vectors
    have unit length. Trained with torch; loading and recommending need numpy only.
    """

    name: str = field(default="two_tower", init=False)
    embedding_size: int = 64
    epochs: int = 12
    """At most; a validation stops earlier."""
    learning_rate: float = 0.002
    batch_size: int = 512
    uniform_negatives: int = 256
    temperature: float = 0.1
    id_dropout: float = 0.1
    """Share of items whose id embedding is dropped in a batch, so that their features learn to stand alone."""
    history: int = 20
    """Items of a history that count, the last ones."""

    tower: UserTower = field(init=False, repr=False)
    item_tower: ItemTower | None = field(init=False, repr=False, default=None)
    """What gives a vector to an item that training has not seen; None in a model stored without."""

    def fit(self, train: Interactions, validation: Interactions, catalogue: Catalogue, seed: int) -> FitReport:
        """Fit on `train` for `epochs`, fewer if recall on `validation` stops rising."""
        from models.two_tower_training import fit

        return fit(self, train, validation, catalogue, seed)

    def query_vectors(self, requests: Requests) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """(m, embedding_size) float32 unit vectors of the histories; it knows something of every request."""
        known = [self.items.known(history[-self.tower.length :]) for history in requests.histories]
        padded = newest_first(known, self.tower.length)
        starts = range(0, len(known), CHUNK)
        parts = [self.tower.vectors(self.vectors, padded[start : start + CHUNK]) for start in starts]
        none = np.zeros((0, self.vectors.shape[1]), np.float32)
        return np.concatenate([none, *parts]), np.ones(len(known), dtype=np.bool_)

    def save(self, folder: Path) -> None:
        arrays = {
            **self.item_arrays(),
            **(self.item_tower.arrays() if self.item_tower else {}),
            **{f"tower.{part.name}": getattr(self.tower, part.name) for part in fields(UserTower)},
        }
        storage.write(folder, self.name, parameters(self), arrays)

    @classmethod
    def load(cls, folder: Path) -> TwoTower:
        config, arrays = storage.read(folder, "two_tower")
        model = cls(**config)
        model.take_items(arrays)
        model.item_tower = ItemTower.of_arrays(arrays)
        model.tower = UserTower(**{part.name: arrays[f"tower.{part.name}"] for part in fields(UserTower)})
        return model
