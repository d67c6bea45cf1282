from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from jobs.comparing.pair import pair_of
from jobs.judging.segment import Segment
from jobs.night import Night
from lake.home import Home
from schemas.errors import InfrastructureError, UserError
from tests.jobs.comparing.releases import GOOD, SPOILT, sealed


def test_releases_are_named_by_id_or_folder_and_judged_on_the_day_of_the_newer(both: Night) -> None:
    folder = both.home.releases("tiny") / GOOD
    for first, second in ((SPOILT, GOOD), (SPOILT, str(folder)), (str(folder), SPOILT)):
        pair = pair_of(both.home, first, second)
        assert {pair.a.name, pair.b.name} == {GOOD, SPOILT}
        assert pair.night.day == date(2026, 1, 8)


@pytest.mark.parametrize(
    ("first", "second", "day", "told"),
    [
        ("2026-01-01-zzzzzzzzzz", GOOD, None, "there is no release '2026-01-01-zzzzzzzzzz'"),
        (GOOD, GOOD, None, "is named twice"),
        (SPOILT, GOOD, date(2026, 1, 7), "may have learned from it"),
        (SPOILT, GOOD, date(2026, 1, 20), "no impressions of 2026-01-20 were joined"),
    ],
)
def test_what_cannot_be_compared_is_told(both: Night, first: str, second: str, day: date | None, told: str) -> None:
    with pytest.raises(UserError, match=told) as failure:
        pair_of(both.home, first, second, day)
    assert failure.value.exit_code == 2
    assert failure.value.fix


def test_an_unknown_release_is_told_with_those_there_are(both: Night) -> None:
    with pytest.raises(UserError, match=f"releases are: {SPOILT}, {GOOD}"):
        pair_of(both.home, "nonsense", GOOD)


@pytest.fixture
def another(both: Night, tmp_path: Path) -> Path:
    """A third release in a folder of its own, for a test to spoil."""
    return Path(shutil.copytree(both.home.releases("tiny") / GOOD, tmp_path / "2026-01-08-cccccccccc"))


def test_releases_of_different_surfaces_answer_no_requests_in_common(both: Night, another: Path) -> None:
    surface = yaml.safe_load((another / "surface.yaml").read_text())
    (another / "surface.yaml").write_text(yaml.safe_dump(surface | {"surface": "other"}))
    sealed(another, release_id=another.name, surface="other")
    with pytest.raises(UserError, match="answer no requests in common"):
        pair_of(both.home, str(another), SPOILT)


def test_another_feature_schema_is_told_with_both(both: Night, another: Path) -> None:
    sealed(another, release_id=another.name, feature_schema="of old")
    with pytest.raises(UserError, match="trained on feature schema of old; this Feedmill makes"):
        pair_of(both.home, str(another), SPOILT)


def test_a_damaged_release_is_not_compared(both: Night, another: Path) -> None:
    sealed(another, release_id=another.name)
    (another / "surface.yaml").unlink()
    with pytest.raises(InfrastructureError, match="is not whole"):
        pair_of(both.home, str(another), SPOILT)


def test_in_an_empty_home_there_is_nothing_to_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="releases are: none"):
        pair_of(Home(tmp_path), GOOD, SPOILT)


@pytest.mark.parametrize("text", ["country", "country=", "topic=a", "=DE"])
def test_what_is_no_segment_is_told(text: str) -> None:
    with pytest.raises(UserError, match=r"allowed are country=\.\.\., device=\.\.\."):
        Segment.parse(text)


def test_a_segment_reads_as_it_was_written() -> None:
    assert str(Segment.parse("device=phone")) == "device=phone"
    assert Segment.parse(None) is None
