from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from jobs import publish
from jobs.night import Night, StepReport
from lake.home import Home
from schemas.decision import Decision, Gate
from schemas.errors import GateFailed, InfrastructureError
from serving.release import slots
from tests.jobs.tiny_lake import tiny_surface
from tests.serving.releases import make_release

PASSED = Gate.at_least("heads/click/auc", 0.7, 0.5)
FAILED = Gate.at_most("heads/click/ece", 0.2, 0.05)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def release_of(day: int, letter: str = "a") -> str:
    return f"2026-01-{day:02}-{letter * 10}"


def publish_night(home: Home, day: int, verdict: str = "ship", letter: str = "a") -> StepReport:
    """Publish the night of 2026-01-<day>, whose decision is `verdict`."""
    night = Night(tiny_surface(), date(2026, 1, day), home)
    release, folder = release_of(day, letter), home.releases("tiny")
    if not (folder / release).exists():
        make_release(folder, release)
    gates = (PASSED,) if verdict == "ship" else (PASSED, FAILED)
    with night.writing("decision") as artifact:
        made = Decision("tiny", str(night.day), verdict, release, None, gates, "")  # type: ignore[arg-type]
        made.write(artifact / "decision.json")
    return publish.run(night)


def live(home: Home) -> str | None:
    found = slots.active_release(home.releases("tiny"))
    return found.name if found else None


def test_a_shipped_night_goes_live_and_the_one_before_stays_in_the_other_slot(home: Home) -> None:
    first, second = publish_night(home, 8), publish_night(home, 9)
    assert "is live in blue; before: none" in first.summary
    assert f"is live in green; before: {release_of(8)}" in second.summary
    assert (live(home), second.rows) == (release_of(9), 1)
    assert slots.rollback(home.releases("tiny")) == (release_of(9), release_of(8))


def test_a_second_run_does_not_publish_again(home: Home) -> None:
    publish_night(home, 8)
    again = publish_night(home, 8)
    assert again.summary == f"already published: {release_of(8)} is live"
    assert again.figures["published"] is False
    assert slots.active_slot(home.releases("tiny")) == "blue"


def test_a_held_night_ends_red_with_its_reasons_and_changes_nothing(home: Home) -> None:
    publish_night(home, 8)
    with pytest.raises(GateFailed) as failure:
        publish_night(home, 9, verdict="hold")
    words = str(failure.value)
    assert f"held: {release_of(9)} does not ship; {release_of(8)} stays live" in words
    assert "heads/click/ece: 0.2 <= 0.05" in words
    assert "heads/click/auc" not in words
    assert "feedmill decision tiny 2026-01-09" in words
    assert failure.value.exit_code == 3
    assert live(home) == release_of(8)


def test_a_first_night_that_is_held_leaves_nothing_live(home: Home) -> None:
    with pytest.raises(GateFailed, match="no release is live"):
        publish_night(home, 8, verdict="hold")
    assert live(home) is None


def test_a_backfill_of_an_old_day_never_moves_the_live_release(home: Home) -> None:
    publish_night(home, 9)
    report = publish_night(home, 8)
    assert report.summary == f"not moved: {release_of(9)} is live and of a later day than this night"
    assert live(home) == release_of(9)


def test_the_same_day_made_from_other_inputs_replaces_its_release(home: Home) -> None:
    publish_night(home, 8)
    publish_night(home, 8, letter="b")
    assert live(home) == release_of(8, "b")


def test_what_a_person_rolled_back_is_not_published_by_a_rerun(home: Home) -> None:
    publish_night(home, 8)
    publish_night(home, 9)
    slots.rollback(home.releases("tiny"))
    with pytest.raises(GateFailed, match="was rolled back by hand"):
        publish_night(home, 9)
    assert live(home) == release_of(8)
    publish_night(home, 10)
    assert live(home) == release_of(10)


def test_a_damaged_release_is_not_switched_to(home: Home) -> None:
    publish_night(home, 8)
    (make_release(home.releases("tiny"), release_of(9)) / "surface.yaml").write_text("bit rot")
    with pytest.raises(InfrastructureError, match="is not whole"):
        publish_night(home, 9)
    assert live(home) == release_of(8)


def test_old_releases_are_deleted_but_never_one_that_a_slot_holds(home: Home) -> None:
    for day in range(8, 15):
        report = publish_night(home, day)
    assert slots.list_releases(home.releases("tiny")) == [release_of(day) for day in range(10, 15)]
    assert report.figures["pruned"] == [release_of(9)]


def test_mlflow_is_not_imported_with_the_steps() -> None:
    code = "import sys, jobs.steps, jobs.publish, jobs.track, jobs.decide; assert 'mlflow' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
