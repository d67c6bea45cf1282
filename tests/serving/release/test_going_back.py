from __future__ import annotations

from pathlib import Path

import pytest

from serving.ask import Ask
from serving.fallback.policy_watch import Excess, PolicyWatch
from serving.pipeline import recommend
from serving.release import slots
from serving.release.going_back import go_back
from serving.release.live import LiveSurface
from surfaces.policy import Policy
from tests.serving.tiny_release import AT, DAY, build_tiny_release, tiny_surface

GOOD, BAD, NEXT = f"{DAY}-aaaaaaaaaa", f"{DAY}-bbbbbbbbbb", f"{DAY}-cccccccccc"
STRICT = Policy.model_validate({"withhold": [{"label": "tag:adult"}], "trip": {"most": 0.01, "least": 50}})
SURFACE = tiny_surface().model_copy(update={"policy": STRICT})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release that holds to the policy, and two made from a file that had none."""
    build_tiny_release(tmp_path, GOOD, surface=SURFACE)
    build_tiny_release(tmp_path, BAD)
    build_tiny_release(tmp_path, NEXT)
    return tmp_path


def surface_on(folder: Path, *published: str) -> LiveSurface:
    found = LiveSurface(folder, watch=PolicyWatch(SURFACE))
    for release_id in published:
        slots.switch(folder, release_id)
        found.refresh()
    return found


def ask_everything(surface: LiveSurface) -> None:
    """One request for all that there is."""
    assert surface.release is not None
    assert surface.watch is not None
    surface.watch.answered(recommend(surface.release, Ask("all", AT, size=60)))
    surface.refresh()


def live(surface: LiveSurface) -> str | None:
    return surface.release.release_id if surface.release else None


def test_a_release_that_breaks_rules_is_left_for_the_one_before(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    surface = surface_on(folder, GOOD, BAD)
    assert surface.alarm is None
    ask_everything(surface)
    assert live(surface) == GOOD
    words = f"6 of 60 slots by {BAD} broke a rule, the last in request all: withhold tag:adult; {GOOD} before it"
    assert words in (surface.alarm or "")
    assert words in caplog.text
    assert slots.withdrawn(folder) == {BAD}


def test_it_is_remembered_over_a_restart_until_a_release_is_published(folder: Path) -> None:
    ask_everything(surface_on(folder, GOOD, BAD))
    again = LiveSurface(folder, watch=PolicyWatch(SURFACE))
    again.refresh()
    assert live(again) == GOOD
    assert again.alarm is not None
    slots.switch(folder, NEXT)
    again.refresh()
    assert (live(again), again.alarm) == (NEXT, None)


def test_a_release_that_keeps_the_rules_stays(folder: Path) -> None:
    surface = surface_on(folder, BAD, GOOD)
    ask_everything(surface)
    assert (live(surface), surface.alarm) == (GOOD, None)


def test_nothing_is_gained_by_a_release_that_breaks_them_too(folder: Path) -> None:
    surface = surface_on(folder, BAD, NEXT)
    ask_everything(surface)
    assert live(surface) == NEXT
    assert f"it stays, for {BAD} before it breaks them too" in (surface.alarm or "")
    assert slots.withdrawn(folder) == frozenset()


def test_a_first_release_has_nowhere_to_go(folder: Path) -> None:
    surface = surface_on(folder, BAD)
    ask_everything(surface)
    assert live(surface) == BAD
    assert "there is no release before it" in (surface.alarm or "")


def test_it_does_not_go_back_and_forth(folder: Path) -> None:
    """After one is left the other may be as bad: it answers on until a new release is published."""
    surface = surface_on(folder, GOOD, BAD)
    ask_everything(surface)
    excess = Excess(GOOD, 100, 100, Ask("worse", AT), ("once",))
    assert f"it stays, for {BAD} before it was left itself" in go_back(folder, excess, STRICT, {})
    assert slots.leave(folder, GOOD, "worse") is False
    assert slots.leave(folder, BAD, "left already") is False
    assert slots.active_release(folder) == folder / GOOD


def test_a_person_may_bring_it_back_and_is_not_contradicted(folder: Path) -> None:
    surface = surface_on(folder, GOOD, BAD)
    ask_everything(surface)
    assert slots.rollback(folder) == (GOOD, BAD)
    surface.refresh()
    assert surface.alarm is None
    ask_everything(surface)
    assert live(surface) == BAD
