"""feedmill ope and feedmill forecast on a day that a tiny release really served."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.night import Night
from jobs.offpolicy import kept
from lake.home import Home
from serving.release.loaded import LoadedRelease
from surfaces.load import load
from tests.cli.command import Answer, feedmill
from tests.jobs.offpolicy import served
from tests.jobs.offpolicy.lines import LINE
from tests.jobs.offpolicy.served import DAY, LOGGING, OTHER


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases and 300 requests of 200 users that one of them answered."""
    found = Home(tmp_path_factory.mktemp("home"))
    folder = served.releases(found)
    served.serve(Night(load("shorts"), DAY, found), LoadedRelease.load(folder / LOGGING), 300)
    return found.root


def ope(home: Path, *words: str, target: str = LOGGING, first: str = str(DAY)) -> Answer:
    return feedmill("ope", "shorts", "--from", first, "--target", target, *words, home=home)


def test_a_value_a_refusal_and_what_is_kept_of_both(home: Path, tmp_path: Path) -> None:
    given = ope(home, "--json", "--picture", str(tmp_path / "ope.png"))
    assert given.code == 0, given.text
    found = json.loads(given.text)
    assert found["low"] < found["value"] < found["high"]
    assert found["value"] == pytest.approx(found["logged"] + found["difference"])
    assert (tmp_path / "ope.png").read_bytes().startswith(b"\x89PNG")
    refused = ope(home, target=OTHER)
    assert refused.code == 3
    assert "refused" in refused.text
    assert "support:" in refused.text
    assert (home / f"reports/shorts/day={DAY}/ope-{OTHER}.png").exists()
    told = feedmill("forecast", "shorts", home=home)
    assert told.code == 0, told.text
    assert f"{LOGGING}" in told.text
    assert "not served yet" in told.text
    assert "refused: support" in told.text
    assert "no forecast could be compared yet" in told.text


@pytest.mark.parametrize(
    ("words", "target", "first", "expected"),
    [
        ((), "nope", str(DAY), f"releases are: {LOGGING}, {OTHER}"),
        ((), LOGGING, "2026-01-07", f"days with impressions: {DAY}"),
        (("--to", "2026-01-08"), LOGGING, str(DAY), "which is before"),
        (("--segment", "country=XX"), LOGGING, str(DAY), "with country XX can be weighed"),
        (("--surface-file", "/no/such.yaml"), LOGGING, str(DAY), "/no/such.yaml"),
    ],
)
def test_mistakes_are_told_with_what_is_there(
    home: Path, words: tuple[str, ...], target: str, first: str, expected: str
) -> None:
    answer = ope(home, *words, target=target, first=first)
    assert answer.code == 2
    assert expected in answer.text
    assert "Traceback" not in answer.text


def test_a_surface_without_forecasts_says_how_to_get_one(tmp_path: Path) -> None:
    answer = feedmill("forecast", "shorts", home=tmp_path)
    assert answer.code == 2
    assert "feedmill ope shorts" in answer.text


def test_forecasts_that_hold_too_seldom_are_told_by_the_exit_code(tmp_path: Path) -> None:
    night = Night(load("shorts"), DAY, Home(tmp_path))
    told = {"difference": 0.5, "difference_low": 0.4, "difference_high": 0.6}
    told |= {"value": 1.5, "low": 1.4, "high": 1.6, "logged": 1.0}
    wrong = {"difference": -0.5, "difference_low": -0.6, "difference_high": -0.4, "value": 0.5}
    for number in range(6):
        one = replace(LINE, target=f"{DAY}-{number}", **told)
        kept.keep(night.lake, one)
        kept.keep(night.lake, replace(one, kind="fact", measured_on=DAY + timedelta(days=1), **wrong))
    answer = feedmill("forecast", "shorts", "--json", home=tmp_path)
    assert answer.code == 3
    assert "0 of 6 forecasts held" in answer.text
    found = json.loads(answer.text[: answer.text.rindex("}") + 1])
    assert [one["held"] for one in found["forecasts"]] == [False] * 6
    assert (tmp_path / "reports/shorts/forecast.png").exists()
