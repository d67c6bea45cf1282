"""feedmill import: the report on screen, and mistakes in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.import_dataset import import_dataset
from schemas.errors import UserError
from tests.cli.command import feedmill


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEEDMILL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def mind(tmp_path: Path) -> Path:
    folder = tmp_path / "mind"
    folder.mkdir()
    rows = (
        "1\tU1\t11/11/2019 9:05:58 AM\tN7\tN1-0 N2-1",
        "2\tU2\tnoon\t\tN1-0",
        "3\tU1\t11/12/2019 9:05:58 AM\t\tN1-1",
    )
    (folder / "behaviors.tsv").write_text("".join(f"{row}\n" for row in rows))
    return folder


def test_the_report_adds_up_and_says_what_is_absent(home: Path, mind: Path) -> None:
    answer = feedmill("import", "mind", str(mind), home=home)
    assert answer.code == 0, answer.text
    assert "behaviors rows: 3 read = 2 kept + 1 time is not like 11/15/2019 8:30:00 AM" in answer.text
    assert "behaviors.tsv:2" in answer.text
    assert "absent: propensity  switches off off-policy estimates" in answer.text
    assert "next: feedmill run mind 2019-11-12" in answer.text
    assert (home / "landing" / "mind" / "impression" / "day=2019-11-11").is_dir()


def test_an_unknown_set_is_a_mistake_of_the_user(home: Path) -> None:
    answer = feedmill("import", "mnid", str(home), home=home)
    assert answer.code == 2
    assert "Did you mean 'mind'" in answer.text


def test_days_are_options(home: Path, mind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_dataset("mind", mind, last_day="2019-11-11")
    assert [folder.name for folder in (home / "landing" / "mind" / "impression").iterdir()] == ["day=2019-11-11"]
    assert "outside the asked days" in capsys.readouterr().out
    with pytest.raises(UserError, match="--first-day: found '11/11/2019'"):
        import_dataset("mind", mind, first_day="11/11/2019")


def test_many_days_are_summed_up_by_year(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"1,{number},4.0,{1_260_759_144 + number * 86_400}" for number in range(30)]
    (tmp_path / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *rows]))
    import_dataset("movielens", tmp_path)
    printed = capsys.readouterr().out
    assert "2009 (18 days)" in printed
    assert "2010 (12 days)" in printed
