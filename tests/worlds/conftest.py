"""A world small enough to be written in a second, and readers of what it lands."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from worlds.load import load
from worlds.logs.days import Writing, write
from worlds.world import World

CLEAN = {f"faults.{name}": None for name in ("repeated", "late", "malformed")}
"""Changes that leave a world without the faults that worlds have by default."""
FIRST_DAY = date(2026, 1, 1)
SMALL: dict[str, Any] = {
    "population.users": 150,
    "population.new_users": 6,
    "catalogue.items": 250,
    "catalogue.new_items": 12,
    "catalogue.creators": 25,
    "logs.sampled": 0.2,
    "outcomes.click.base": -3.0,
    "faults.repeated.impressions": 0.005,
}
Rows = list[dict[str, Any]]


def small(seed: int = 7, **changes: Any) -> World:
    """A small world of short videos; `changes` by dotted key."""
    return World(load("shorts", changes={**SMALL, **changes}), seed, FIRST_DAY)


def rows(landing: Path, layer: str, day: date, pattern: str = "*.parquet") -> Rows:
    """The parquet rows of a layer and day."""
    paths = sorted((landing / layer / f"day={day}").glob(pattern))
    return [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]


def odd(landing: Path, layer: str, day: date) -> list[str]:
    """The odd lines of a layer and day."""
    return (landing / layer / f"day={day}" / "odd.jsonl").read_text().splitlines()


def readable(lines: list[str]) -> Rows:
    """Those of the lines that are JSON."""
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landing of three days of a small world, with its truth in `truth` beside."""
    folder = tmp_path_factory.mktemp("tiny world")
    write(small(), 3, Writing(folder / "landing", folder / "truth"))
    return folder / "landing"
