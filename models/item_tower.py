"""The item side of the two-tower model in plain numpy, for items that no training has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.interface import Floats, Strings
from models.user_tower import EPSILON
from models.vocabulary import Vocabulary


@dataclass(frozen=True)
class ItemTower:
    """Item vector = creator embedding + topic embedding + linear content, of unit length; the id says nothing yet.

    `by_creator`: (creators + 1, d) float32 and `by_topic` likewise, row 0 for one that training has not seen.
    `linear`: (c, d) over content of length c, standardised by `mean` and `deviation`, both (c,).
    """

    creators: Vocabulary
    topics: Vocabulary
    by_creator: Floats
    by_topic: Floats
    linear: Floats
    mean: Floats
    deviation: Floats

    @property
    def content_size(self) -> int:
        """c, the length of a content vector; 0 where the catalogue had none in training."""
        return len(self.mean)

    def vectors(self, creators: Strings, topics: Strings, content: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """(n, d) float32 unit vectors of n new items and (n,) whether anything told of them.

        `content`: (n, c) float32, a row of NaN where there is none.
        """
        known = np.zeros(len(content), dtype=np.bool_)
        if self.content_size:
            known = np.asarray(np.isfinite(content).all(axis=1), dtype=np.bool_)
        of_creator, of_topic = self.creators.rows(creators) + 1, self.topics.rows(topics) + 1
        total = self.by_creator[of_creator] + self.by_topic[of_topic]
        if self.content_size:
            standard = np.where(known[:, None], (content - self.mean) / self.deviation, 0).astype(np.float32)
            total = total + standard @ self.linear
        length = np.linalg.norm(total, axis=1, keepdims=True)
        unit: Floats = (total / np.maximum(length, EPSILON)).astype(np.float32)
        return unit, np.asarray(known | (of_creator > 0) | (of_topic > 0), dtype=np.bool_)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything of it as arrays to store, by name; `of_arrays` reads them back."""
        names = {"item_tower.creators": self.creators.ids, "item_tower.topics": self.topics.ids}
        return names | {f"item_tower.{name}": getattr(self, name) for name in _NUMBERS}

    @classmethod
    def of_arrays(cls, arrays: dict[str, Any]) -> ItemTower | None:
        """What `arrays` gave; None where a model was stored without."""
        if "item_tower.creators" not in arrays:
            return None
        creators, topics = (Vocabulary(arrays[f"item_tower.{name}"]) for name in ("creators", "topics"))
        return cls(creators, topics, *(arrays[f"item_tower.{name}"] for name in _NUMBERS))


_NUMBERS = ("by_creator", "by_topic", "linear", "mean", "deviation")
