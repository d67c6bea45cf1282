"""What every factor model shares: items as vectors, and exact search among them by inner product."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.exact import by_inner_product
from models.interface import Floats, Recommended, Requests, Strings
from models.vocabulary import Vocabulary


@dataclass
class ItemFactors(ABC):
    """Vectors of items, of which the first `recommendable` are in the catalogue; the rest still tell of a history."""

    items: Vocabulary = field(init=False, repr=False, default_factory=lambda: Vocabulary.of(()))
    """Every item with a vector, those of the catalogue first."""
    vectors: Floats = field(init=False, repr=False, default_factory=lambda: np.zeros((0, 0), np.float32))
    """(items, embedding_size) float32, rows in the order of `items`."""
    recommendable: int = field(init=False, repr=False, default=0)
    """How many of `items` (the first ones) are in the catalogue."""

    @property
    def item_ids(self) -> Strings:
        return self.items.ids[: self.recommendable]

    @property
    def item_vectors(self) -> Floats:
        return self.vectors[: self.recommendable]

    @abstractmethod
    def query_vectors(self, requests: Requests) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """(m, embedding_size) float32 query vectors and (m,) whether the model knows anything of the request."""

    def recommend(self, requests: Requests, k: int) -> Recommended:
        """The k unseen catalogue items with the largest inner product; none for a request it knows nothing of."""
        queries, known = self.query_vectors(requests)
        items = Vocabulary(self.item_ids)
        return by_inner_product(queries, known, self.item_vectors, items, seen=requests.seen, k=k)

    def item_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The items as arrays to store, by name; `take_items` reads them back."""
        return {
            "items": self.items.ids,
            "vectors": self.vectors,
            "recommendable": np.asarray([self.recommendable]),
        }

    def take_items(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take over what `item_arrays` gave."""
        self.items, self.vectors = Vocabulary(arrays["items"]), arrays["vectors"]
        self.recommendable = int(arrays["recommendable"][0])
