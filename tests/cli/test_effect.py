"""feedmill effect: the table on screen, JSON, and an exit code that says whether the logs can tell."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from features.tables import samples
from lake.tables import Lake
from surfaces.load import load
from tests.cli.command import Answer, in_process
from tests.jobs.experiments.logged import FIRST, Row
from tests.jobs.experiments.test_observed import impressions

NEWS = load("news")
DAYS = ("--from", str(FIRST), "--to", str(FIRST))


def landed(folder: Path, rows: list[Row]) -> Path:
    table = samples(NEWS)
    Lake(folder / "lake" / "news").write_arrow(pa.Table.from_pylist(rows, table.arrow()), table, "true")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return landed(tmp_path_factory.mktemp("home"), impressions())


def effect(home: Path, *words: str) -> Answer:
    return in_process("effect", *words, home=home)


def test_an_effect_is_told_with_its_interval_and_overlap(home: Path) -> None:
    found = effect(home, "news", "--of", "source=als", "--on", "click", *DAYS)
    assert found.code == 0, found.text
    assert "source=als on click: 6,000 impressions of 300 users" in found.text
    assert "overlap: weights leave" in found.text
    told = json.loads(effect(home, "news", "--of", "source=als", "--on", "click", *DAYS, "--json").text)
    assert told["low"] < 0.1 < told["high"] < told["naive"]
    assert set(told["overlap"]["imbalance"]) == {"user_click_rate_30", "position", "country=FR"}


def test_sides_that_have_nobody_alike_are_refused_with_exit_code_3(tmp_path: Path) -> None:
    """ALS shows the first slots and nothing else, so position says the treatment again."""
    rows = [row | {"source": "als" if row["position"] < 4 else "popular"} for row in impressions()]
    words = ("news", "--of", "source=als", "--on", "click", *DAYS)
    found = effect(landed(tmp_path, rows), *words)
    assert found.code == 3, found.text
    assert "plain difference" in found.text
    assert "effect   " not in found.text
    assert "the two sides of source=als cannot be compared" in found.text
    assert effect(tmp_path, *words, "--given", "user_click_rate_30").code == 0


def test_mistakes_are_told(home: Path) -> None:
    found = effect(home, "news", "--of", "source", "--on", "click", *DAYS)
    assert found.code == 2
    assert "--of: found 'source'" in found.text
    other = effect(home, "shorts", "--of", "source=als", "--on", "click", *DAYS)
    assert other.code == 2
    assert "gold.samples does not exist" in other.text
