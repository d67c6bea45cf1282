"""feedmill import: the report on screen, and mistakes in words."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import feedmill


def _mind(folder: Path) -> Path:
    folder.mkdir()
    rows = (
        "1\tU1\t11/11/2019 9:05:58 AM\tN7\tN1-0 N2-1",
        "2\tU2\tnoon\t\tN1-0",
        "3\tU1\t11/12/2019 9:05:58 AM\t\tN1-1",
    )
    (folder / "behaviors.tsv").write_text("".join(f"{row}\n" for row in rows))
    return folder


def test_the_report_adds_up_and_says_what_is_absent(tmp_path: Path) -> None:
    answer = feedmill("import", "mind", str(_mind(tmp_path / "mind")), home=tmp_path / "home")
    assert answer.code == 0, answer.text
    assert "behaviors rows: 3 read = 2 kept + 1 time is not like 11/15/2019 8:30:00 AM" in answer.text
    assert "behaviors.tsv:2" in answer.text
    assert "absent: propensity  switches off off-policy estimates" in answer.text
    assert "next: feedmill run mind 2019-11-12" in answer.text
    assert (tmp_path / "home" / "landing" / "mind" / "impression" / "day=2019-11-11").is_dir()


def test_days_are_options(tmp_path: Path) -> None:
    path = str(_mind(tmp_path / "mind"))
    answer = feedmill("import", "mind", path, "--last-day", "2019-11-11", home=tmp_path / "home")
    assert answer.code == 0, answer.text
    assert "1 outside the asked days" in answer.text
    assert [folder.name for folder in (tmp_path / "home" / "landing" / "mind" / "impression").iterdir()] == [
        "day=2019-11-11"
    ]


def test_mistakes_are_told_in_words(tmp_path: Path) -> None:
    unknown = feedmill("import", "mnid", str(tmp_path), home=tmp_path / "home")
    assert unknown.code == 2
    assert "Did you mean 'mind'" in unknown.text
    empty = feedmill("import", "ebnerd", str(tmp_path), home=tmp_path / "home")
    assert empty.code == 2
    assert "holds no behaviors.parquet" in empty.text
    assert "train/ and validation/" in empty.text
    day = feedmill("import", "mind", str(tmp_path), "--first-day", "11/11/2019", home=tmp_path / "home")
    assert day.code == 2
    assert "--first-day: found '11/11/2019'" in day.text
