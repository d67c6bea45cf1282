"""A small night, trained once for all tests of this room and copied for each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobs import evaluate
from jobs.night import Night, StepReport
from lake.home import Home
from tests.jobs.tiny_lake import VALIDATED, tiny_night, train, write_lake


@pytest.fixture(scope="session")
def trained_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the tiny lake and every artifact up to the evaluation."""
    root = tmp_path_factory.mktemp("trained") / "home"
    root.mkdir()
    night = tiny_night(Home(root))
    write_lake(night)
    train(night)
    evaluate.run(night)
    StepReport(figures=dict(VALIDATED)).write(night.reports / "steps" / "validate.json")
    return root


@pytest.fixture
def tiny(trained_root: Path, tmp_path: Path) -> Night:
    """The night of 2026-01-08 on the tiny lake, evaluated but not decided; a copy of this test's own."""
    shutil.copytree(trained_root, tmp_path / "home")
    return tiny_night(Home(tmp_path / "home"))
