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
    `content`: (n, c) float32 with mean 0 and variance 1, 0 where unknown; `mean`, `deviation`: (c,) what it had before.
    """

    items: Vocabulary
    recommendable: int
    ids: Ints
    creators: Ints
    topics: Ints
    content: Floats
    creator_names: Vocabulary
    topic_names: Vocabulary
    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, catalogue: Catalogue, train: Interactions) -> ItemFeatures:
        """Number what occurs in `train`; a catalogue item with nothing known about it is left out."""
        trained = Vocabulary.of(train.items.tolist())
        inside = Vocabulary(catalogue.item_ids)
        outside = strings(item for item in trained.ids.tolist() if item not in inside)
        seen = trained.rows(catalogue.item_ids) >= 0
        names = [_names(values, seen) for values in (catalogue.creators, catalogue.topics)]
        creators, topics = names[0].rows(catalogue.creators) + 1, names[1].rows(catalogue.topics) + 1
        content, mean, deviation = _standardised(catalogue.content)
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
            creator_names=names[0],
            topic_names=names[1],
            mean=mean,
            deviation=deviation,
        )


def _names(values: Strings, seen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Vocabulary:
    return Vocabulary.of(value for value in values[seen].tolist() if value)


def _standardised(content: Floats) -> tuple[Floats, Floats, Floats]:
    known = np.asarray(np.isfinite(content).all(axis=1), dtype=np.bool_)
    if not known.any() or not content.shape[1]:
        return np.zeros((len(content), 0), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32)
    mean, deviation = content[known].mean(axis=0), np.maximum(content[known].std(axis=0), 1e-6)
    scaled: Floats = np.where(known[:, None], (content - mean) / deviation, 0).astype(np.float32)
    return scaled, mean, deviation
