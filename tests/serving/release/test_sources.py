from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.index import ItemIndex
from models.interface import FactorRetriever, Floats, Recommended, Requests, Retriever
from models.popular import Popular
from models.vocabulary import Vocabulary, strings
from serving.release.catalogue import Catalogue, Column
from serving.release.sources import IndexSource, ListSource, ModelSource

VECTORS = np.array([[9, 0], [8, 0], [7, 0], [6, 0], [0, 5]], np.float32)


class Fake:
    """Knows every user but None; each wants the first coordinate."""

    name = "als"
    item_ids = strings("abcde")
    item_vectors = VECTORS

    def query_vectors(self, requests: Requests) -> tuple[Floats, npt.NDArray[np.bool_]]:
        known = np.array([user is not None for user in requests.users])
        return np.tile(np.array([1, 0], np.float32), (len(requests), 1)), known

    def recommend(self, requests: Requests, k: int) -> Recommended:
        items = np.array([["b", "z", ""]], dtype=object)
        return Recommended(items, np.array([[2.0, 1.0, -np.inf]], np.float32))

    def save(self, folder: Path) -> None: ...


def catalogue_of(ids: str) -> Catalogue:
    blank = Column.of(pa.array([""] * len(ids)))
    return Catalogue(
        strings(ids),
        blank,
        blank,
        blank.values,
        np.zeros(len(ids), np.int64),
        np.zeros(len(ids), np.float32),
        {i: n for n, i in enumerate(ids)},
    )


def index_source(ids: str = "abcde") -> IndexSource:
    catalogue = catalogue_of(ids)
    model = cast(FactorRetriever, Fake())
    return IndexSource(model, ItemIndex.build("flat", VECTORS, 0), catalogue.rows(list("abcde")))


def request(user: str | None = "u", seen: str = "") -> Requests:
    return Requests([user], [[]], [list(seen)])


def test_as_many_more_are_fetched_as_were_seen() -> None:
    offer = index_source().offer(request(seen="ab"), 2)
    assert offer.rows.tolist() == [0, 1, 2, 3]
    assert offer.scores.tolist() == [9, 8, 7, 6]


def test_no_more_are_asked_for_than_the_index_has() -> None:
    assert len(index_source().offer(request(seen="abc"), 100)) == 5


def test_rows_of_the_index_become_rows_of_the_catalogue() -> None:
    assert index_source("edcba").offer(request(), 2).rows.tolist() == [4, 3]


def test_a_source_that_knows_nothing_of_the_person_offers_nothing() -> None:
    assert len(index_source().offer(request(user=None), 2)) == 0


def test_padding_of_a_model_is_left_out_and_a_foreign_item_marked() -> None:
    offer = ModelSource(cast(Retriever, Fake()), catalogue_of("abc")).offer(request(), 3)
    assert offer.rows.tolist() == [1, -1]
    assert offer.scores.tolist() == [2.0, 1.0]


def test_a_list_for_everybody_goes_as_much_further_as_could_be_lost_to_what_was_seen() -> None:
    model = Popular()
    model.items, model.counts = Vocabulary(strings("cxab")), np.array([4, 3, 2, 1], np.float32)
    source = ListSource.of(model, catalogue_of("abc"))
    assert source.offer(request(), 2).rows.tolist() == [2, -1]
    assert source.offer(request(seen="c"), 2).rows.tolist() == [2, -1, 0]
    assert source.offer(request(seen="c"), 2).scores.tolist() == [4.0, 3.0, 2.0]
    assert source.offer(request(), 9).rows.tolist() == [2, -1, 0, 1]
