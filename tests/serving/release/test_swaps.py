"""Releases come and go under load: nothing fails, nothing is mixed, nothing broken is believed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from schemas.errors import FeedmillError
from serving.release import slots
from serving.release.live import LiveSurface
from serving.release.verify import read_manifest
from serving.web.app import create_app
from tests.serving.release.swapping import swap_under_load, wait_for
from tests.serving.tiny_release import AT, DAY, build_tiny_release, tiny_surface

RELEASES = [f"{DAY}-{letter * 10}" for letter in "abc"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three releases of `shorts` that differ in everything, the first of them live."""
    for seed, release_id in enumerate(RELEASES):
        build_tiny_release(tmp_path / "releases" / "shorts", release_id, seed=seed + 1)
    slots.switch(tmp_path / "releases" / "shorts", RELEASES[0])
    return tmp_path


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    with TestClient(create_app(home, [tiny_surface()], interval=0.01, clock=lambda: AT)) as client:
        yield client


def test_swaps_under_load_fail_and_mix_nothing(client: TestClient, home: Path) -> None:
    told = swap_under_load(client, home / "releases" / "shorts", RELEASES, swaps=12, rate=100)
    assert (told.failed, told.mixed) == ([], [])
    assert set(told.answered) == set(RELEASES)


def test_every_rollback_is_followed_within_a_second(client: TestClient, home: Path) -> None:
    folder = home / "releases" / "shorts"
    slots.switch(folder, RELEASES[1])
    wait_for(client, RELEASES[1])
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        _, live = slots.rollback(folder)
        wait_for(client, live)
        seconds.append(time.perf_counter() - began)
    assert max(seconds) < 1.0


def test_every_flipped_byte_is_refused_and_the_old_release_answers(home: Path) -> None:
    folder = home / "releases" / "shorts"
    surface = LiveSurface(folder)
    surface.refresh()
    slots.switch(folder, RELEASES[1])
    victim = folder / RELEASES[1]
    files = sorted(path for path in victim.rglob("*") if path.is_file())
    assert len(files) > 15
    for path in files:
        whole = path.read_bytes()
        place = len(whole) // 2
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        surface.retry_at_once()
        surface.refresh()
        assert surface.release is not None
        assert surface.release.release_id == RELEASES[0], path
        assert path.name in (surface.problem or ""), (path, surface.problem)
        path.write_bytes(whole)
    surface.retry_at_once()
    surface.refresh()
    assert surface.release is not None
    assert (surface.release.release_id, surface.problem) == (RELEASES[1], None)


def test_no_byte_of_a_manifest_can_change_unseen(home: Path) -> None:
    path = home / "releases" / "shorts" / RELEASES[0] / "manifest.json"
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(FeedmillError):
            read_manifest(path.parent)


def test_a_release_that_does_not_answer_is_not_served(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    surface = LiveSurface(home / "releases" / "shorts")
    monkeypatch.setattr("serving.release.warm.recommend", lambda release, ask: 1 / 0)
    surface.refresh()
    assert surface.release is None
    assert "ZeroDivisionError" in (surface.problem or "")
