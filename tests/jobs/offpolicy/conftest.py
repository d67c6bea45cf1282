from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobs.night import Night
from lake.home import Home
from serving.release.loaded import LoadedRelease
from surfaces.load import load
from tests.jobs.offpolicy import served


@pytest.fixture(scope="session")
def served_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two releases and the logs of one served day, that no test may change."""
    home = Home(tmp_path_factory.mktemp("served"))
    folder = served.releases(home)
    served.serve(Night(load("shorts"), served.DAY, home), LoadedRelease.load(folder / served.LOGGING), 700)
    return home.root


@pytest.fixture
def served_night(served_root: Path) -> Night:
    """The night of the served day."""
    return Night(load("shorts"), served.DAY, Home(served_root))


@pytest.fixture
def spoilt_night(served_root: Path, tmp_path: Path) -> Night:
    """The same in a copy that a test may spoil."""
    shutil.copytree(served_root, tmp_path / "home", symlinks=True)
    return Night(load("shorts"), served.DAY, Home(tmp_path / "home"))
