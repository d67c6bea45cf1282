"""A server over two tiny releases of `shorts`, and a surface that has none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from serving.release import slots
from serving.web.app import create_app
from surfaces.load import load
from tests.serving.tiny_release import DAY, build_tiny_release

FIRST, SECOND = f"{DAY}-aaaaaaaaaa", f"{DAY}-bbbbbbbbbb"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two releases of `shorts` that differ, neither of them live."""
    build_tiny_release(tmp_path / "releases" / "shorts", FIRST)
    build_tiny_release(tmp_path / "releases" / "shorts", SECOND, seed=2)
    return tmp_path


@pytest.fixture
def releases(home: Path) -> Path:
    """Where the releases of `shorts` lie."""
    return home / "releases" / "shorts"


@pytest.fixture
def client(home: Path, releases: Path) -> Iterator[TestClient]:
    """A server on whose surface `shorts` the first release is live; `mind` has none."""
    slots.switch(releases, FIRST)
    with TestClient(create_app(home, [load("shorts"), load("mind")], interval=0.02)) as client:
        yield client


@pytest.fixture
def wait_for(client: TestClient) -> Callable[[str], None]:
    """Returns once the release named is the one that answers."""

    def wait(release_id: str) -> None:
        pause = threading.Event()
        for _ in range(1000):
            found = client.get("/v1/shorts/release")
            if found.status_code == 200 and found.json()["release_id"] == release_id:
                return
            pause.wait(0.01)
        pytest.fail(f"{release_id} was not served within ten seconds")

    return wait
