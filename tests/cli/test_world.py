"""feedmill world: rows on screen, logs in landing, mistakes in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.world import world
from schemas.errors import UserError
from tests.cli.command import feedmill


def test_a_bad_day_and_a_world_without_days_are_mistakes_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDMILL_HOME", str(tmp_path))
    with pytest.raises(UserError, match="--first-day: found 'tomorrow'"):
        world(first_day="tomorrow")
    with pytest.raises(UserError, match="days: found 0"):
        world(days=0)
    assert not (tmp_path / "landing").exists()


@pytest.mark.slow
def test_the_default_world_has_a_hundred_thousand_impressions_a_day(tmp_path: Path) -> None:
    answer = feedmill("world", "--days", "2", "--first-day", "2026-01-05", home=tmp_path)
    assert answer.code == 0, answer.text
    rows = {line.split()[1]: line.split() for line in answer.text.splitlines() if "2026-01-0" in line and "│" in line}
    assert set(rows) == {"2026-01-05", "2026-01-06"}
    for cells in rows.values():
        impressions = int(cells[9].replace(",", ""))
        assert impressions > 100_000
    assert (tmp_path / "worlds" / "shorts" / "truth" / "population.npz").exists()
    assert "feedmill run shorts 2026-01-06" in answer.text
