"""There is something to learn in the default world: tastes beat popularity, and the truth ranks clicks well."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from sklearn.metrics import roc_auc_score

from worlds.shorts import WorldConfig
from worlds.shorts.simulate import Day, World

pytestmark = pytest.mark.slow
Clicks = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


@pytest.fixture(scope="module")
def lived() -> tuple[list[Day], int]:
    world = World(WorldConfig(), 20260101, date(2026, 1, 1))
    return [world.next_day() for _ in range(8)], len(world.state.items)


def _clicks(day: Day) -> Clicks:
    shown = day.events[0].impression
    return day.exposure.user[shown], day.exposure.item[shown]


def _recall_at_50(scores: npt.NDArray[np.float64], seen: sp.csr_matrix, test: Clicks) -> float:
    recalls = []
    for user in np.unique(test[0]):
        own = scores[user].copy() if scores.ndim == 2 else scores.copy()
        own[seen[user].indices] = -np.inf
        truth = set(test[1][test[0] == user].tolist())
        recalls.append(len(truth & set(np.argpartition(-own, 50)[:50].tolist())) / len(truth))
    return float(np.mean(recalls))


def test_neighbours_in_taste_beat_popularity_on_the_next_day(lived: tuple[list[Day], int]) -> None:
    days, items = lived
    users, clicked = (np.concatenate(part) for part in zip(*map(_clicks, days[:-1]), strict=True))
    seen = sp.csr_matrix((np.ones(len(users)), (users, clicked)), shape=(WorldConfig().users, items))
    counts = np.asarray(seen.sum(axis=0)).ravel()
    scaled = seen @ sp.diags(1.0 / np.sqrt(np.maximum(counts, 1.0)))
    neighbours = np.asarray((seen @ (scaled.T @ scaled)).todense())
    popular, personal = (_recall_at_50(scores, seen, _clicks(days[-1])) for scores in (counts, neighbours))
    assert popular > 0.05
    assert personal > 1.5 * popular


def test_the_truth_ranks_clicks_well_but_not_perfectly(lived: tuple[list[Day], int]) -> None:
    for day in lived[0]:
        clicked = np.zeros(len(day.exposure.item), dtype=bool)
        clicked[day.events[0].impression] = True
        assert 0.08 < clicked.mean() < 0.16
        assert 0.72 < roc_auc_score(clicked, day.exposure.click * day.exposure.examine) < 0.85


def test_the_world_stays_as_large_and_shows_most_of_its_items(lived: tuple[list[Day], int]) -> None:
    for day in lived[0]:
        assert 95_000 < len(day.exposure.item) < 130_000
        assert len(np.unique(day.exposure.item)) > 2_500
