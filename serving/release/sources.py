"""A retrieval source: a model and, where it scores by inner product, the index over its items."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.index import ItemIndex
from models.interface import FactorRetriever, Floats, Requests, Retriever
from models.popular import Popular
from serving.release.catalogue import Catalogue, Rows

FRESH, NEWEST = "fresh", "newest"
"""Sources, in the words of the logs, that stand in no surface's `retrieval`: items posted since the release, and the
last created, behind which there is no model."""


@dataclass(frozen=True)
class Offer:
    """What one source offers for one request: catalogue `rows` and the source's own `scores`, best first."""

    rows: Rows
    scores: Floats

    def __len__(self) -> int:
        return len(self.rows)


class Source(Protocol):
    """Answers one request at a time."""

    def offer(self, request: Requests, k: int) -> Offer:
        """The best items for the one request in `request`: at least k unseen ones where the source knows so many.

        Seen items, and -1 for items that the catalogue lacks, may be among them; the stage takes them out.
        """
        ...


@dataclass(frozen=True)
class ModelSource:
    """A model that is asked for its best items."""

    model: Retriever
    catalogue: Catalogue

    def offer(self, request: Requests, k: int) -> Offer:
        found = self.model.recommend(request, k)
        some = found.items[0] != ""
        return Offer(self.catalogue.rows(found.items[0][some].tolist()), found.scores[0][some])


@dataclass(frozen=True)
class ListSource:
    """One list for everybody, whose catalogue `rows` and `scores` were looked up once."""

    rows: Rows
    scores: Floats

    @classmethod
    def of(cls, model: Popular, catalogue: Catalogue) -> ListSource:
        """The list of `model`."""
        return cls(catalogue.rows(model.items.ids), model.counts)

    @classmethod
    def newest(cls, catalogue: Catalogue) -> ListSource:
        """Every item, the last created first; the score is when, in hours since 1970."""
        return cls(catalogue.newest, (catalogue.created[catalogue.newest] / 3.6e9).astype(np.float32))

    def offer(self, request: Requests, k: int) -> Offer:
        # As many more as could be lost to what was seen.
        most = k + len(request.seen[0])
        return Offer(self.rows[:most], self.scores[:most])


@dataclass(frozen=True)
class IndexSource:
    """A factor model whose items are found through an index; `rows` maps the index's rows to the catalogue's."""

    model: FactorRetriever
    index: ItemIndex
    rows: Rows

    @functools.cached_property
    def _places(self) -> Rows:
        places = np.full(int(self.rows.max(initial=-1)) + 2, -1, dtype=np.int64)
        known = self.rows >= 0
        places[self.rows[known]] = np.flatnonzero(known)
        return places

    def vectors(self, rows: Rows) -> Floats:
        """(n, d) float32 vectors of (n,) catalogue `rows`, of unit length; 0 for an item the model does not know."""
        places = self._places[np.minimum(rows, len(self._places) - 1)]
        found = self.model.item_vectors[places]
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return np.where((places[:, None] >= 0) & (lengths > 0), found / np.maximum(lengths, 1e-12), 0).astype(
            np.float32
        )

    def offer(self, request: Requests, k: int) -> Offer:
        queries, known = self.model.query_vectors(request)
        if not known[0]:
            return Offer(np.empty(0, np.int64), np.empty(0, np.float32))
        # An index cannot leave out what was seen, so as many more are fetched as could be lost to it.
        scores, places = self.index.search(queries, min(k + len(request.seen[0]), len(self.rows)))
        found = places[0] >= 0
        return Offer(self.rows[places[0][found]], scores[0][found])
