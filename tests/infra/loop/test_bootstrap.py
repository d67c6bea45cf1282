"""Days before the first release: what lands is what a server would have logged, and nothing of it is lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest

from infra.loop import bootstrap
from infra.loop.day import Day
from lake.home import Home
from schemas.logs import layer
from tests.worlds.conftest import CLEAN
from worlds.load import load
from worlds.logs.outcomes import logged
from worlds.world import World

SMALL = {"population.users": 150, "catalogue.items": 200, "catalogue.new_items": 5, "catalogue.creators": 40}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, World, list[Day]]:
    """Two days in turn."""
    home, world = Home(tmp_path_factory.mktemp("home")), World(load("shorts", changes=SMALL | CLEAN))
    days: list[Day] = []
    for _ in range(2):
        days.append(bootstrap.live(world, home, days[-1].pending if days else [], np.zeros(3)))
        world.advance(days[-1].asked, days[-1].happened)
    return home, world, days


def landed(home: Home, name: str) -> list[dict[str, object]]:
    folder: Path = home.landing("shorts") / name
    rows: list[dict[str, object]] = ds.dataset(folder, format="parquet").to_table().to_pylist()
    return rows


def test_every_request_and_impression_lands_with_its_propensity(lived: tuple[Home, World, list[Day]]) -> None:
    home, world, days = lived
    assert len(landed(home, "request")) == sum(len(one.asked) for one in days)
    shown = landed(home, "impression")
    assert len(shown) == sum(int((one.slates >= 0).sum()) for one in days)
    assert set(shown[0]) <= set(layer("impression").names)
    assert all(0.0 < float(str(row["propensity"])) <= 1.0 for row in shown)
    assert len(landed(home, "item")) >= len(world.items) - SMALL["catalogue.new_items"]


def test_every_outcome_lands_once_or_still_waits(lived: tuple[Home, World, list[Day]]) -> None:
    home, world, days = lived
    there = Counter(str(row["outcome_id"]) for row in landed(home, "outcome"))
    waiting = Counter(str(row["outcome_id"]) for row in days[-1].pending)
    happened = sum(len(logged(world, one.happened).outcome) for one in days)
    assert set((there + waiting).values()) == {1}
    assert sum((there + waiting).values()) == happened


def test_a_day_lived_again_lands_the_same(lived: tuple[Home, World, list[Day]], tmp_path: Path) -> None:
    home, _, _ = lived
    again = Home(tmp_path)
    world = World(load("shorts", changes=SMALL | CLEAN))
    bootstrap.live(world, again, [], np.zeros(3))
    for name in ("request", "impression", "outcome", "item", "user"):
        path = Path(name) / "day=2026-01-01" / "part-0000.parquet"
        assert (again.landing("shorts") / path).read_bytes() == (home.landing("shorts") / path).read_bytes(), name
