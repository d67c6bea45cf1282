from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.release import Manifest
from serving.release import slots
from serving.release.live import LiveSurface, Watcher
from serving.release.loaded import LoadedRelease
from tests.serving.tiny_release import DAY, build_tiny_release

FIRST, SECOND = f"{DAY}-aaaaaaaaaa", f"{DAY}-bbbbbbbbbb"


@pytest.fixture
def folder(tmp_path: Path, tiny_folder: Path) -> Path:
    """Two releases, neither of them live."""
    for release_id in (FIRST, SECOND):
        release = shutil.copytree(tiny_folder, tmp_path / release_id)
        replace(Manifest.read(release), release_id=release_id).write(release)
    return tmp_path


def served(surface: LiveSurface) -> str | None:
    return surface.release.release_id if surface.release else None


def state(surface: LiveSurface) -> tuple[str | None, str | None]:
    return served(surface), surface.problem


def test_nothing_is_served_before_the_first_publish(folder: Path) -> None:
    surface = LiveSurface(folder)
    surface.refresh()
    assert state(surface) == (None, None)


def test_a_switch_is_followed(folder: Path) -> None:
    surface = LiveSurface(folder)
    for release_id in (FIRST, SECOND):
        slots.switch(folder, release_id)
        surface.refresh()
        assert served(surface) == release_id


def test_going_back_loads_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    surface = LiveSurface(folder)
    for release_id in (FIRST, SECOND):
        slots.switch(folder, release_id)
        surface.refresh()
    monkeypatch.setattr(LoadedRelease, "load", lambda folder: pytest.fail(f"loaded {folder}"))
    slots.rollback(folder)
    surface.refresh()
    assert served(surface) == FIRST


def test_a_broken_release_leaves_the_old_one_and_is_named_until_mended(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    surface = LiveSurface(folder)
    slots.switch(folder, FIRST)
    surface.refresh()
    slots.switch(folder, SECOND)
    broken = folder / SECOND / "popular" / "model.json"
    whole = broken.read_text()
    broken.write_text(whole + " ")
    surface.refresh()
    assert served(surface) == FIRST
    assert surface.problem is not None
    assert SECOND in surface.problem
    assert "popular/model.json" in surface.problem
    broken.write_text(whole)
    surface.refresh()
    assert served(surface) == FIRST, "tried again at once"
    monkeypatch.setattr("serving.release.live.time.monotonic", lambda: float("inf"))
    surface.refresh()
    assert state(surface) == (SECOND, None)


def test_going_back_from_a_broken_release_clears_the_problem(folder: Path) -> None:
    surface = LiveSurface(folder)
    slots.switch(folder, FIRST)
    surface.refresh()
    slots.switch(folder, SECOND)
    (folder / SECOND / "surface.yaml").write_text("")
    surface.refresh()
    assert surface.problem is not None
    slots.rollback(folder)
    surface.refresh()
    assert state(surface) == (FIRST, None)


def test_a_release_that_disappears_goes_on_being_served_from_memory(folder: Path) -> None:
    surface = LiveSurface(folder)
    slots.switch(folder, FIRST)
    surface.refresh()
    shutil.rmtree(folder / FIRST)
    surface.refresh()
    assert served(surface) == FIRST


def test_a_watcher_follows_by_itself_and_stops(folder: Path) -> None:
    surface = LiveSurface(folder)
    watcher = Watcher([surface], interval=0.01)
    watcher.start()
    slots.switch(folder, SECOND)
    pause = threading.Event()
    for _ in range(1000):
        if served(surface) == SECOND:
            break
        pause.wait(0.01)
    watcher.stop()
    assert served(surface) == SECOND
    assert "release-watcher" not in [thread.name for thread in threading.enumerate()]


def test_a_trained_release_and_another_differ_in_what_they_answer(tmp_path: Path, release: LoadedRelease) -> None:
    """What the switch test under load relies on: another seed is another release."""
    other = LoadedRelease.load(tmp_path / build_tiny_release(tmp_path, SECOND, seed=2))
    assert other.reserve.tolist() != release.reserve.tolist()


def test_requests_have_the_interpreter_between_steps_while_a_release_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    monkeypatch.setattr("models.steps.STEP", 10)
    monkeypatch.setattr("models.steps.time.sleep", rests.append)
    LoadedRelease.load(folder / FIRST)
    assert rests == []
    slots.switch(folder, FIRST)
    LiveSurface(folder).refresh()
    assert len(rests) > 20, "60 items, passed over several times in steps of ten"
