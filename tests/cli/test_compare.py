"""compare and diagnose as a person calls them, on a home with two tiny releases."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from jobs.releasing.assembly import build
from jobs.releasing.inputs import inputs
from lake.home import Home
from tests.cli.command import feedmill
from tests.jobs.comparing.releases import GOOD, SPOILT, copied, turned_round
from tests.jobs.tiny_lake import tiny_night, train, write_lake


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases of the tiny surface and the lake that judges them."""
    night = tiny_night(Home(tmp_path_factory.mktemp("compared")))
    write_lake(night)
    train(night)
    built = build(night, inputs(night)).folder
    turned_round(copied(built, SPOILT))
    copied(built, GOOD)
    shutil.rmtree(built)
    return night.home.root


def test_compare_prints_a_table_draws_a_picture_and_exits_by_its_verdict(home: Path) -> None:
    found = feedmill("compare", SPOILT, GOOD, home=home)
    assert found.code == 0, found.text
    for told in ("B - A", "click log loss", f"better B {GOOD}", "others cannot be told apart"):
        assert told in found.text
    assert (home / "reports" / "tiny" / "day=2026-01-08" / f"compare-{SPOILT}-{GOOD}.png").exists()
    worse = feedmill("compare", GOOD, SPOILT, "--json", home=home)
    assert worse.code == 3, worse.text
    assert json.loads(worse.text)["verdict"] == "worse"


def test_on_a_narrow_screen_names_wrap_and_numbers_stay_whole(home: Path) -> None:
    for verb in ("compare", "diagnose"):
        found = feedmill(verb, SPOILT, GOOD, home=home, COLUMNS="80")
        assert "B - A" in found.text
        assert "\N{HORIZONTAL ELLIPSIS}" not in found.text


def test_diagnose_prints_the_largest_first_and_all_as_json(home: Path, tmp_path: Path) -> None:
    picture = tmp_path / "deep" / "d.png"
    found = feedmill("diagnose", GOOD, SPOILT, "--top", "3", "--picture", str(picture), home=home)
    assert found.code == 0, found.text
    assert "requests answered by both" in found.text
    assert picture.read_bytes().startswith(b"\x89PNG")
    told = feedmill("diagnose", GOOD, SPOILT, "--json", "--segment", "device=phone", home=home)
    contributions = json.loads(told.text)["contributions"]
    assert len(contributions) > 3
    assert contributions[0]["told"]
    assert {one["kind"] for one in contributions} >= {"heads", "calibration"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("compare", "unheard-of", GOOD), "there is no release 'unheard-of'"),
        (("diagnose", GOOD, GOOD), "is named twice"),
        (("compare", SPOILT, GOOD, "--segment", "country=FR"), "no user with responses is in it"),
        (("diagnose", SPOILT, GOOD, "--segment", "shoes=red"), "allowed are country=..., device=..."),
        (("compare", SPOILT, GOOD, "--day", "2026-01-05"), "may have learned from it"),
    ],
)
def test_a_mistake_is_told_in_words_and_exits_2(home: Path, words: tuple[str, ...], told: str) -> None:
    found = feedmill(*words, home=home)
    assert found.code == 2
    assert told in found.text
    assert "Traceback" not in found.text
