"""Item-item: neighbours by how often the same users respond to both (Deshpande and Karypis, TOIS 2004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from models import storage
from models.cooccurrence import NORMALISATIONS, Cooccurrence, neighbours, recency_weights
from models.exact import chunks, concatenated
from models.interface import Catalogue, FitReport, Interactions, Ints, Recommended, Requests
from models.matrix import user_item, with_user
from models.parameters import parameters
from models.validation import METRIC, Holdout, holdout
from models.vocabulary import Vocabulary
from schemas.errors import UserError

RECENCIES = (1.0, 0.8, 0.5)
"""Values of `recency` tried when the model may choose."""


@dataclass
class ItemItem:
    """The neighbours of a history's items, summed, late items counting more; an empty history brings nothing."""

    name: str = field(default="item_item", init=False)
    normalisation: str = "asymmetric_cosine"
    recency: float = 0.8
    """Weight of an item of the history relative to the next later one."""
    neighbours: int = 200
    """Neighbours kept per item."""
    history: int = 50
    """Items of a history that count, the last ones."""
    choose: bool = True
    """Choose normalisation and recency on the validation; the values above are what is used without one."""

    items: Vocabulary = field(init=False, repr=False, default_factory=lambda: Vocabulary.of(()))
    similar: Any = field(init=False, repr=False, default_factory=lambda: None)
    """(n, n) float32 CSR: row = item of the history, column = catalogue item."""

    def __post_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            listed = ", ".join(NORMALISATIONS)
            raise UserError(f"item_item.normalisation: found {self.normalisation!r}; allowed are {listed}")

    def fit(self, train: Interactions, validation: Interactions, catalogue: Catalogue, seed: int) -> FitReport:
        """Count `train`; choose normalisation and recency by recall on `validation` if it has rows."""
        train = with_user(train)
        self.items = Vocabulary.of(train.items.tolist())
        recommendable = Vocabulary(catalogue.item_ids).rows(self.items.ids) >= 0
        counts = Cooccurrence.count(user_item(train, Vocabulary.of(train.users.tolist()), self.items), recommendable)
        held = holdout(train, validation, seed)
        report = FitReport()
        if held.relevant and self.choose:
            report.metrics |= self._choose(counts, held)
        self.choose = False
        self.similar = neighbours(counts.similarities(self.normalisation), self.neighbours)
        if held.relevant:
            report.metrics[METRIC] = held.recall(self.recommend)
        report.parameters = parameters(self)
        report.metrics |= {"items": float(len(self.items)), "pairs": float(self.similar.nnz)}
        return report

    def recommend(self, requests: Requests, k: int) -> Recommended:
        """The k unseen catalogue items with the largest summed similarity to the history, all above 0."""
        parts = []
        for chunk in chunks(requests):
            near = (self._weights(chunk) @ self.similar).tocsr()
            parts.append(self._best(near, [self.items.known(seen) for seen in chunk.seen], k))
        return concatenated(parts, k)

    def _best(self, near: Any, seen: Sequence[Ints], k: int) -> Recommended:
        """Of each row of `near`, the k largest above 0, ties in the order of items. Only what is there is looked at:
        a row has some thousand entries, however large the catalogue."""
        found = Recommended(np.full((len(seen), k), "", dtype=object), np.full((len(seen), k), -np.inf, np.float32))
        for row, hidden in enumerate(seen):
            span = slice(near.indptr[row], near.indptr[row + 1])
            scores, columns = near.data[span], near.indices[span]
            kept = (scores > 0) & ~np.isin(columns, hidden)
            scores, columns = scores[kept], columns[kept]
            best = np.lexsort((columns, -scores))[:k]
            found.items[row, : len(best)] = self.items.ids[columns[best]]
            found.scores[row, : len(best)] = scores[best]
        return found

    def save(self, folder: Path) -> None:
        arrays = {
            "items": self.items.ids,
            "values": self.similar.data,
            "columns": self.similar.indices,
            "starts": self.similar.indptr,
        }
        storage.write(folder, self.name, parameters(self), arrays)

    @classmethod
    def load(cls, folder: Path) -> ItemItem:
        config, arrays = storage.read(folder, "item_item")
        model = cls(**config)
        model.items = Vocabulary(arrays["items"])
        shape = (len(model.items), len(model.items))
        model.similar = sp.csr_matrix((arrays["values"], arrays["columns"], arrays["starts"]), shape=shape)
        return model

    def _choose(self, counts: Cooccurrence, held: Holdout) -> dict[str, float]:
        recalls: dict[tuple[str, float], float] = {}
        for normalisation in NORMALISATIONS:
            trial = replace(self, normalisation=normalisation)
            trial.items = self.items
            trial.similar = neighbours(counts.similarities(normalisation), self.neighbours)
            for trial.recency in RECENCIES:
                recalls[normalisation, trial.recency] = held.recall(trial.recommend)
        self.normalisation, self.recency = max(recalls, key=lambda setting: recalls[setting])
        return {f"{METRIC}/{name}/{recency:g}": recall for (name, recency), recall in recalls.items()}

    def _weights(self, requests: Requests) -> Any:
        """(m, n) CSR of how much each item of each history counts."""
        known = [self.items.known(history[-self.history :]) for history in requests.histories]
        starts = np.cumsum([0, *map(len, known)])
        columns = np.concatenate([np.zeros(0, np.int64), *known])
        values = [np.zeros(0, np.float32), *(recency_weights(len(rows), self.recency) for rows in known)]
        return sp.csr_matrix((np.concatenate(values), columns, starts), shape=(len(known), len(self.items)))
