"""Ids and positions as the network's inputs: learnt in training, applied alike in training and serving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.interface import Ints, Strings
from models.ranker_data import CATEGORIES, RankerData
from models.vocabulary import Vocabulary, strings

UNKNOWN = 0
"""Row of every embedding for unknown and missing ids, and of the bias tower for an unknown position."""

MAX_POSITIONS = 100
"""Positions from here on share one bias."""


@dataclass(frozen=True)
class Encoding:
    """`vocabularies`: known ids per category, in the order of the id input. `positions`: known positions, 0 if none."""

    vocabularies: Mapping[str, Vocabulary]
    positions: int

    @classmethod
    def learn(cls, train: RankerData, min_count: int) -> Encoding:
        """Ids that occur at least `min_count` times, for each category that has one, and the positions seen."""
        learnt = {name: _common(train.categories[name], min_count) for name in CATEGORIES if name in train.categories}
        positions = min(int(train.position.max(initial=-1)) + 1, MAX_POSITIONS)
        return cls({name: vocabulary for name, vocabulary in learnt.items() if len(vocabulary)}, positions)

    @property
    def sizes(self) -> list[int]:
        """Rows of each embedding table, the unknown row included."""
        return [len(vocabulary) + 1 for vocabulary in self.vocabularies.values()]

    def ids(self, categories: Mapping[str, Strings | Sequence[str | None]], n: int) -> Ints:
        """(n, C) int64 embedding rows; a category that is not given is unknown."""
        rows = np.full((n, len(self.vocabularies)), UNKNOWN, dtype=np.int64)
        for column, (name, vocabulary) in enumerate(self.vocabularies.items()):
            if name in categories:
                rows[:, column] = vocabulary.rows(categories[name]) + 1
        return rows

    def position_rows(self, position: Ints) -> Ints:
        """(n,) int64 rows of the bias tower: 0 where `position` is -1, the last known one beyond it."""
        return np.minimum(position + 1, self.positions).astype(np.int64)


def _common(values: Strings, min_count: int) -> Vocabulary:
    counts = Counter(values.tolist())
    return Vocabulary(strings(sorted(id_ for id_, count in counts.items() if id_ and count >= min_count)))
