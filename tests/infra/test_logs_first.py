"""Which day a night runs for, and when the default world is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from infra.logs_first import choose_day, write_if_missing
from lake.home import Home
from schemas.errors import InfrastructureError, UserError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def land(home: Home, *days: str) -> None:
    for day in days:
        (home.landing("shorts") / "impression" / f"day={day}").mkdir(parents=True)


def test_the_last_day_with_logs_unless_one_is_named(home: Home) -> None:
    land(home, "2026-01-08", "2026-01-09")
    assert choose_day(home, "shorts", None) == date(2026, 1, 9)
    assert choose_day(home, "shorts", date(2026, 1, 8)) == date(2026, 1, 8)


def test_a_day_without_logs_is_refused_naming_those_that_have_some(home: Home) -> None:
    land(home, "2026-01-08", "2026-01-09")
    with pytest.raises(UserError, match=r"no logs of 2026-01-10(?s:.)*2026-01-08 to 2026-01-09"):
        choose_day(home, "shorts", date(2026, 1, 10))
    with pytest.raises(UserError, match="surface mind has no logs"):
        choose_day(home, "mind", None)


def test_logs_that_are_there_are_left_alone(home: Home) -> None:
    land(home, "2026-01-08")
    assert write_if_missing(home, "shorts") is None
    assert write_if_missing(home, "mind") is None


def test_a_world_that_was_not_finished_is_written_anew(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for program, whole in (("/bin/false", False), ("/bin/true", True)):
        monkeypatch.setattr("sys.executable", program)
        writer = write_if_missing(home, "shorts")
        assert writer is not None
        land(home, f"2026-01-0{1 + whole}")
        if whole:
            writer.wait()
        else:
            with pytest.raises(InfrastructureError, match="default world was not written"):
                writer.wait()
    assert write_if_missing(home, "shorts") is None
