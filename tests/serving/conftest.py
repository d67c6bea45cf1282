"""One tiny release for all tests of serving, and copies of it for those that break something."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from serving.release.loaded import LoadedRelease
from tests.serving.tiny_release import build_tiny_release


@pytest.fixture(scope="session")
def world_homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where releases trained on worlds lie: FEEDMILL_PROVE_HOME, if they are to be used again."""
    kept = os.environ.get("FEEDMILL_PROVE_HOME")
    return Path(kept) if kept else tmp_path_factory.mktemp("worlds")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny release that no test may change."""
    folder = tmp_path_factory.mktemp("releases") / "shorts"
    folder.mkdir()
    return folder / build_tiny_release(folder)


@pytest.fixture(scope="session")
def release(tiny_folder: Path) -> LoadedRelease:
    """The tiny release in memory."""
    return LoadedRelease.load(tiny_folder)
