"""Two releases of the tiny surface: an older one whose item vectors are turned round, and the night's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobs.night import Night
from jobs.releasing.assembly import build
from jobs.releasing.inputs import inputs
from lake.home import Home
from tests.jobs.comparing.releases import GOOD, SPOILT, copied, turned_round
from tests.jobs.tiny_lake import tiny_night


@pytest.fixture(scope="session")
def compared_root(trained_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with both releases, that no test may change."""
    root = tmp_path_factory.mktemp("compared") / "home"
    shutil.copytree(trained_root, root)
    night = tiny_night(Home(root))
    built = build(night, inputs(night)).folder
    turned_round(copied(built, SPOILT))
    copied(built, GOOD)
    shutil.rmtree(built)
    return root


@pytest.fixture
def both(compared_root: Path) -> Night:
    """The night of 2026-01-08, with both releases on disk."""
    return tiny_night(Home(compared_root))
