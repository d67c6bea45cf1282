"""What the item tower is given of each item: rows of its id, creator and topic, and its content, standardised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.interface import Catalogue, Floats, Interactions, Ints, Strings
from models.vocabulary import Vocabulary, strings


@dataclass(frozen=True)
class ItemFeatures:
    """n items, those of the catalogue that the model can tell anything of first, then trained ones outside it.

    `ids`, `creators`, `topics`: (n,) rows from 1, 0 where the model has seen none of it in training.
    `content`: (n, c) float32 with mean 0 and variance 1, 0 where unknown.
    """

    items: Vocabulary
    recommendable: int
    ids: Ints
    creators: Ints
    topics: Ints
    content: Floats

    @classmethod
    def of(cls, catalogue: Catalogue, train: Interactions) -> ItemFeatures:
        """Number what occurs in `train`; a catalogue item with nothing known about it is left out."""
        trained = Vocabulary.of(train.items.tolist())
        inside = Vocabulary(catalogue.item_ids)
        outside = strings(item for item in trained.ids.tolist() if item not in inside)
        seen = trained.rows(catalogue.item_ids) >= 0
        creators, topics = (_numbered(values, seen) for values in (catalogue.creators, catalogue.topics))
        content = _standardised(catalogue.content)
        told = seen | (creators > 0) | (topics > 0) | content.any(axis=1)
        nothing = np.zeros(len(outside), np.int64)
        items = Vocabulary(strings([*catalogue.item_ids[told].tolist(), *outside.tolist()]))
        return cls(
            items=items,
            recommendable=int(told.sum()),
            ids=trained.rows(items.ids) + 1,
            creators=np.concatenate([creators[told], nothing]),
            topics=np.concatenate([topics[told], nothing]),
            content=np.vstack([content[told], np.zeros((len(outside), content.shape[1]), np.float32)]),
        )


def _numbered(values: Strings, seen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Ints:
    known = Vocabulary.of(value for value in values[seen].tolist() if value)
    return known.rows(values) + 1


def _standardised(content: Floats) -> Floats:
    known = np.asarray(np.isfinite(content).all(axis=1), dtype=np.bool_)
    if not known.any() or not content.shape[1]:
        return np.zeros((len(content), 0), np.float32)
    mean, deviation = content[known].mean(axis=0), content[known].std(axis=0)
    scaled: Floats = np.where(known[:, None], (content - mean) / np.maximum(deviation, 1e-6), 0).astype(np.float32)
    return scaled
