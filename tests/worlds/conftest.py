"""A world small enough to be written in a second, and readers of what it lands."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from worlds import shorts

FIRST_DAY = date(2026, 1, 1)
TINY = shorts.WorldConfig(users=150, items=250, new_items=12, creators=25, burn_in=1, sampled=0.2)
Rows = list[dict[str, Any]]


def lines(path: Path) -> list[str]:
    """The lines of a .jsonl or .jsonl.gz file."""
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return text.splitlines()


def rows(landing: Path, layer: str, day: date, pattern: str = "*.jsonl*") -> Rows:
    """The readable JSON rows of a layer and day."""
    found = []
    for path in sorted((landing / layer / f"day={day}").glob(pattern)):
        for line in lines(path):
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    return found


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landing of three days of a tiny world, with its truth in `truth` beside."""
    folder = tmp_path_factory.mktemp("tiny world")
    shorts.write(folder / "landing", FIRST_DAY, 3, 7, config=TINY, truth=folder / "truth")
    return folder / "landing"


@pytest.fixture(scope="session")
def write_tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a tiny world with other arguments; returns its landing."""

    def write(*, days: int = 3, seed: int = 7) -> Path:
        landing = tmp_path_factory.mktemp("another world") / "landing"
        shorts.write(landing, FIRST_DAY, days, seed, config=TINY)
        return landing

    return write
