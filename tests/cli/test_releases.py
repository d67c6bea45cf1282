from __future__ import annotations

from pathlib import Path

import pytest

from lake.home import Home
from schemas.decision import Decision, Gate
from serving.release import slots
from tests.cli.command import feedmill
from tests.serving.releases import make_release

OLD, NEW = "2026-01-08-aaaaaaaaaa", "2026-01-09-bbbbbbbbbb"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two releases of shorts, the newer one live."""
    home = Home(tmp_path)
    for release in (OLD, NEW):
        make_release(home.releases("shorts"), release)
        slots.switch(home.releases("shorts"), release)
    return home


def test_releases_says_which_is_live_and_which_a_rollback_brings_back(home: Home) -> None:
    found = feedmill("releases", "shorts", home=home.root)
    assert found.code == 0
    new, old = (next(line for line in found.text.splitlines() if name in line) for name in (NEW, OLD))
    assert "live (green)" in new
    assert "previous (blue)" in old


def test_rollback_and_back_again(home: Home) -> None:
    found = feedmill("rollback", "shorts", home=home.root)
    assert found.code == 0
    assert f"{OLD} is live again" in found.text
    live = slots.active_release(home.releases("shorts"))
    assert live is not None
    assert live.name == OLD
    assert "rolled back" in feedmill("releases", "shorts", home=home.root).text


def test_rollback_without_an_earlier_release_is_exit_2(tmp_path: Path) -> None:
    found = feedmill("rollback", "shorts", home=tmp_path)
    assert found.code == 2
    assert "no release is live" in found.text


def test_verify_takes_an_id_a_surface_or_a_folder(home: Home) -> None:
    for named in (OLD, "shorts", str(home.releases("shorts") / NEW)):
        found = feedmill("verify", named, home=home.root)
        assert found.code == 0, found.text
        assert "is whole: 2 files" in found.text


def test_verify_names_the_file_that_differs_and_exits_1(home: Home) -> None:
    (home.releases("shorts") / NEW / "als" / "model.bin").write_text("bit rot")
    found = feedmill("verify", NEW, home=home.root)
    assert found.code == 1
    assert "als/model.bin has sha256" in found.text


def test_verify_of_no_release_is_exit_2(home: Home) -> None:
    found = feedmill("verify", "2026-01-10-cccccccccc", home=home.root)
    assert found.code == 2
    assert "there is no release" in found.text


def test_decision_prints_every_gate_and_what_followed(tmp_path: Path) -> None:
    reports = tmp_path / "reports" / "shorts" / "day=2026-01-09"
    reports.mkdir(parents=True)
    gates = (Gate.at_most("heads/click/ece", 0.2, 0.05), Gate.skipped("heads/like", "its window is still open"))
    Decision("shorts", "2026-01-09", "hold", NEW, OLD, gates, "failed: heads/click/ece").write(
        reports / "decision.json"
    )
    found = feedmill("decision", "shorts", "2026-01-09", home=tmp_path)
    assert found.code == 0
    for words in (
        "fail   ",
        "heads/click/ece: 0.2 <= 0.05",
        "its window is still open",
        f"hold {NEW}",
        f"champion: {OLD}",
    ):
        assert words in found.text


def test_no_decision_and_no_release_are_exit_2_with_the_way_on(tmp_path: Path) -> None:
    found = feedmill("decision", "shorts", "2026-01-09", home=tmp_path)
    assert (found.code, "feedmill run shorts 2026-01-09" in found.text) == (2, True)
    assert feedmill("releases", "shorts", home=tmp_path).code == 2
