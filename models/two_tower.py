"""Two-tower: a user's history and an item's id and features meet in one space (Yi et al., RecSys 2019)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models import storage
from models.exact import CHUNK, by_inner_product
from models.interface import Catalogue, FitReport, Floats, Interactions, Recommended, Requests, Strings
from models.parameters import parameters
from models.user_tower import UserTower, newest_first
from models.vocabulary import Vocabulary


@dataclass
class TwoTower:
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

    items: Vocabulary = field(init=False, repr=False, default_factory=lambda: Vocabulary.of(()))
    """Every item with a vector, those of the catalogue first."""
    vectors: Floats = field(init=False, repr=False, default_factory=lambda: np.zeros((0, 0), np.float32))
    recommendable: int = field(init=False, repr=False, default=0)
    """How many of `items` (the first ones) are in the catalogue."""
    tower: UserTower = field(init=False, repr=False)

    @property
    def item_ids(self) -> Strings:
        return self.items.ids[: self.recommendable]

    @property
    def item_vectors(self) -> Floats:
        return self.vectors[: self.recommendable]

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

    def recommend(self, requests: Requests, k: int) -> Recommended:
        """The k unseen catalogue items nearest to the history's vector."""
        queries, known = self.query_vectors(requests)
        items = Vocabulary(self.item_ids)
        return by_inner_product(queries, known, self.item_vectors, items, seen=requests.seen, k=k)

    def save(self, folder: Path) -> None:
        arrays = {
            "items": self.items.ids,
            "vectors": self.vectors,
            "recommendable": np.asarray([self.recommendable]),
            **{f"tower.{part.name}": getattr(self.tower, part.name) for part in fields(UserTower)},
        }
        storage.write(folder, self.name, parameters(self), arrays)

    @classmethod
    def load(cls, folder: Path) -> TwoTower:
        config, arrays = storage.read(folder, "two_tower")
        model = cls(**config)
        model.items, model.vectors = Vocabulary(arrays["items"]), arrays["vectors"]
        model.recommendable = int(arrays["recommendable"][0])
        model.tower = UserTower(**{part.name: arrays[f"tower.{part.name}"] for part in fields(UserTower)})
        return model
