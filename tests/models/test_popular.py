from __future__ import annotations

import numpy as np

from models.interface import Catalogue
from models.popular import Popular
from models.vocabulary import strings
from tests.models.tiny import NOTHING, catalogue, interactions, offered, request


def fitted(rows: list[tuple[str, str, float, int]], items: Catalogue) -> Popular:
    model = Popular()
    model.fit(interactions(rows), interactions(NOTHING), items, 0)
    return model


def test_items_are_ordered_by_summed_weights() -> None:
    rows = [("u", "old", 0.25, 1), ("v", "old", 0.25, 1), ("w", "old", 0.25, 1), ("x", "fresh", 1.0, 9)]
    answer = fitted(rows, catalogue(["old", "fresh"])).recommend(request(), 2)
    assert offered(answer) == ["fresh", "old"]
    assert answer.scores[0].tolist() == [1.0, 0.75]


def test_items_without_a_response_come_last_newest_first() -> None:
    nothing = strings(["", "", "", ""])
    items = Catalogue(
        strings(["stale", "newest", "liked", "new"]),
        nothing,
        nothing,
        np.zeros((4, 0), np.float32),
        np.array([1, 9, 0, 5]),
    )
    assert offered(fitted([("u", "liked", 1.0, 1)], items).recommend(request(), 9)) == [
        "liked",
        "newest",
        "new",
        "stale",
    ]


def test_responses_to_items_outside_the_catalogue_do_not_count() -> None:
    model = fitted([("u", "gone", 9.0, 1), ("u", "here", 1.0, 1)], catalogue(["here"]))
    assert offered(model.recommend(request(), 5)) == ["here"]


def test_nothing_to_recommend() -> None:
    model = fitted([], catalogue([]))
    assert offered(model.recommend(request(), 5)) == []
