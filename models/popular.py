"""Most popular: decayed counts of positive responses; the source for unknown users and the yardstick of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models import storage
from models.interface import Catalogue, FitReport, Floats, Interactions, Recommended, Requests
from models.parameters import parameters
from models.validation import METRIC, holdout
from models.vocabulary import Vocabulary, strings


@dataclass
class Popular:
    """The same list for everybody, less what each has seen; items nobody responded to come last, newest first."""

    name: str = field(default="popular", init=False)
    items: Vocabulary = field(init=False, repr=False, default_factory=lambda: Vocabulary.of(()))
    """Item ids, most popular first."""
    counts: Floats = field(init=False, repr=False, default_factory=lambda: np.zeros(0, np.float32))
    """(n,) float32 summed weights, descending."""

    def fit(self, train: Interactions, validation: Interactions, catalogue: Catalogue, seed: int) -> FitReport:
        """Sum the weights of each catalogue item; nothing is random and nothing is chosen."""
        known = Vocabulary(catalogue.item_ids)
        rows = known.rows(train.items)
        counts = np.zeros(len(known), np.float64)
        np.add.at(counts, rows[rows >= 0], train.weights[rows >= 0].astype(np.float64))
        order = np.lexsort((catalogue.item_ids.astype(str), -catalogue.created, -counts))
        self.items = Vocabulary(strings(catalogue.item_ids[order]))
        self.counts = counts[order].astype(np.float32)
        report = FitReport(parameters(self), {"items": float((counts > 0).sum())})
        if len(validation):
            report.metrics[METRIC] = holdout(train, validation, seed).recall(self.recommend)
        return report

    def recommend(self, requests: Requests, k: int) -> Recommended:
        """The k most popular unseen items; users and histories do not matter."""
        m = len(requests)
        found = Recommended(np.full((m, k), "", dtype=object), np.full((m, k), -np.inf, dtype=np.float32))
        for row, seen in enumerate(requests.seen):
            head = np.arange(min(k + len(seen), len(self.items)))
            kept = head[~np.isin(head, self.items.known(seen))][:k]
            found.items[row, : len(kept)] = self.items.ids[kept]
            found.scores[row, : len(kept)] = self.counts[kept]
        return found

    def save(self, folder: Path) -> None:
        storage.write(folder, self.name, parameters(self), {"items": self.items.ids, "counts": self.counts})

    @classmethod
    def load(cls, folder: Path) -> Popular:
        config, arrays = storage.read(folder, "popular")
        model = cls(**config)
        model.items, model.counts = Vocabulary(arrays["items"]), arrays["counts"]
        return model
