"""The retrieval models on real public logs, each by the protocol that its set is published with."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.interface import Catalogue, Retriever
from models.registry import create
from models.validation import holdout, recall_at
from tests.models.tiny import NOTHING, catalogue, interactions

pytestmark = pytest.mark.real_data
SEED = 1
Row = tuple[str, str, float, int]


def refitted(name: str, train: list[Row], validation: list[Row], items: Catalogue, **config: Any) -> Retriever:
    """Chosen on `validation`, then fitted on both: as a night does."""
    report = create(name, config).fit(interactions(train), interactions(validation), items, SEED)
    model = create(name, report.parameters)
    model.fit(interactions([*train, *validation]), interactions(NOTHING), items, SEED)
    return model


def recall(model: Retriever, before: list[Row], test: list[Row], k: int) -> float:
    """Recall@k over all test users, against all items, with what each has seen masked."""
    held = holdout(interactions(before), interactions(test), SEED, users=10**6)
    return recall_at(model.recommend(held.requests, k), held.relevant)


def bare(listed: Iterable[Row]) -> Catalogue:
    """The items of the rows, with nothing known about them."""
    return catalogue(sorted({item for _, item, _, _ in listed}))


def sequences(text: str) -> list[list[str]]:
    """Lines of `user item item ...`."""
    return [line.split() for line in text.splitlines() if line.strip()]


def rows(listed: Sequence[Sequence[str]], part: slice) -> list[Row]:
    return [(user, item, 1.0, n) for user, *items in listed for n, item in list(enumerate(items))[part]]


def read(path: Path) -> str:
    """The text of a file, gzipped or not."""
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()


def movielens(folder: Path) -> tuple[list[Row], list[Row], list[Row]]:
    """Ratings of 4 and more, each user's first 70 % to train, the next 10 % to validate, the last 20 % to test.

    One cut in time for everybody leaves 20 users on both sides of it: most rate during one evening.
    """
    liked = [
        line for line in csv.DictReader(read(folder / "ratings.csv.gz").splitlines()) if float(line["rating"]) >= 4
    ]
    by_user: dict[str, list[Row]] = {}
    for line in sorted(liked, key=lambda line: (int(line["timestamp"]), line["movieId"])):
        row = (line["userId"], line["movieId"], 1.0, int(line["timestamp"]) * 1_000_000)
        by_user.setdefault(line["userId"], []).append(row)

    def part(begin: float, end: float) -> list[Row]:
        return [row for mine in by_user.values() for row in mine[int(begin * len(mine)) : int(end * len(mine))]]

    return part(0, 0.7), part(0.7, 0.8), part(0.8, 1)


def beauty(folder: Path) -> tuple[list[Row], list[Row], list[Row]]:
    """Leave one out: the last item of each user to test, the one before to validate, the rest to train."""
    listed = sequences(read(folder / "Beauty.txt.gz"))
    return rows(listed, slice(None, -2)), rows(listed, slice(-2, -1)), rows(listed, slice(-1, None))


@pytest.mark.parametrize("name", ["als", "item_item"])
def test_movielens_by_time(real_data: Path, name: str) -> None:
    """Recall@50 reached: ALS .253, item-item .207, most-popular .144."""
    train, validation, test = movielens(real_data / "movielens_small")
    known = [*train, *validation]
    items = bare([*known, *test])
    popular = recall(refitted("popular", train, validation, items), known, test, 50)
    assert recall(refitted(name, train, validation, items), known, test, 50) >= 1.3 * popular > 0


def test_beauty_item_item(real_data: Path) -> None:
    """Recall@10 against all items reached: item-item .072, most-popular .013; no count knows of the test items."""
    train, validation, test = beauty(real_data / "amazon_beauty")
    known = [*train, *validation]
    items = bare([*known, *test])
    assert (len(test), len(known) + len(test), len(items)) == (22_363, 198_502, 12_101)
    assert recall(refitted("item_item", train, validation, items), known, test, 10) >= 0.06
    assert recall(refitted("popular", train, validation, items), known, test, 10) < 0.02


@pytest.mark.slow
def test_beauty_two_tower(real_data: Path) -> None:
    """Recall@10 against all items reached: .098."""
    train, validation, test = beauty(real_data / "amazon_beauty")
    known = [*train, *validation]
    model = create("two_tower", {"epochs": 8})
    model.fit(interactions(known), interactions(NOTHING), bare([*known, *test]), SEED)
    assert recall(model, known, test, 10) >= 0.08


@pytest.mark.parametrize("name", ["als", "item_item"])
def test_electronics(real_data: Path, name: str) -> None:
    """Recall@20 reached: ALS .129, item-item .118, most-popular .089. The set has no times: a fifth validates."""
    folder = real_data / "amazon_electronics"
    known, test = (rows(sequences(read(folder / file)), slice(None)) for file in ("train.txt", "test.txt"))
    assert (len(known), len(test)) == (31_887, 4_044)
    train, validation = [row for row in known if row[3] % 5 != 4], [row for row in known if row[3] % 5 == 4]
    items = bare([*known, *test])
    popular = recall(refitted("popular", train, validation, items), known, test, 20)
    assert recall(refitted(name, train, validation, items), known, test, 20) >= 1.2 * popular > 0
