"""What lies in landing is found by layer and day; a day without logs is told in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jobs.bronze.landing import files_of, landed_days, require_logs
from jobs.night import Night
from lake.home import Home
from schemas.errors import UserError
from tests.jobs.landing_logs import at, impression, land, tiny_surface

DAY, NEXT = date(2026, 1, 5), date(2026, 1, 6)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tiny_surface(), NEXT, Home(tmp_path))


def test_files_come_in_order_with_their_kind_and_marks_are_no_data(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl.gz", "c.parquet", "d.csv", "_SUCCESS", ".part.jsonl"):
        land(tmp_path, "impression", DAY, [], name)
    found = list(files_of(tmp_path, "impression", [NEXT, DAY]))
    assert [(file.path.name, file.kind) for file in found] == [
        ("a.jsonl.gz", "jsonl"),
        ("b.jsonl", "jsonl"),
        ("c.parquet", "parquet"),
        ("d.csv", None),
    ]
    assert found[0].name == "impression/day=2026-01-05/a.jsonl.gz"
    assert {(file.layer, file.day) for file in found} == {("impression", DAY)}


def test_days_are_those_of_any_layer_and_other_folders_are_passed_over(tmp_path: Path) -> None:
    land(tmp_path, "impression", NEXT, [])
    land(tmp_path, "outcome", DAY, [])
    (tmp_path / "impression" / "day=yesterday").mkdir()
    (tmp_path / "unheard_of" / "day=2026-01-01").mkdir(parents=True)
    assert landed_days(tmp_path) == [DAY, NEXT]
    assert landed_days(tmp_path, ["impression"]) == [NEXT]


def test_a_day_without_logs_names_surface_day_folder_and_the_days_that_are_there(night: Night) -> None:
    land(night.landing, "impression", DAY, [impression("a", at(DAY))])
    with pytest.raises(UserError) as caught:
        require_logs(night)
    told = str(caught.value)
    assert "surface tiny has no logs of 2026-01-06" in told
    assert str(night.landing / "impression" / "day=2026-01-06") in told
    assert "days with logs: 2026-01-05" in told
    assert caught.value.exit_code == 2


def test_nothing_landed_at_all_says_how_logs_are_made(night: Night) -> None:
    with pytest.raises(UserError, match="no day has logs yet") as caught:
        require_logs(night)
    assert "feedmill world" in str(caught.value)


def test_many_days_are_told_as_a_range(night: Night) -> None:
    for number in range(1, 13):
        land(night.landing, "impression", date(2026, 2, number), [])
    with pytest.raises(UserError, match=r"2026-02-01 to 2026-02-12 \(12 days\)"):
        require_logs(night)


def test_a_day_with_an_empty_folder_has_logs(night: Night) -> None:
    (night.landing / "impression" / f"day={NEXT}").mkdir(parents=True)
    require_logs(night)
