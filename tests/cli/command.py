"""Runs the real `feedmill` command: in a process of its own, as a person would, or in this one, which is faster."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from cli.main import application
from schemas.errors import FeedmillError

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """Exit code and what was printed on either stream."""

    code: int
    text: str


def feedmill(*words: str, home: Path, **environment: str) -> Answer:
    """`feedmill words...` with `home` as FEEDMILL_HOME."""
    settings = os.environ | {"FEEDMILL_HOME": str(home), "COLUMNS": "200", "CI": ""} | environment
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        cwd=PROJECT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Answer(done.returncode, done.stdout + done.stderr)


def in_process(*words: str, home: Path) -> Answer:
    """As `feedmill words...` with `home` as FEEDMILL_HOME, in this process: what a test replaces is replaced."""
    done = CliRunner().invoke(application([words[0]]), list(words), env={"FEEDMILL_HOME": str(home)})
    if isinstance(done.exception, FeedmillError):
        return Answer(done.exception.exit_code, done.output + str(done.exception))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return Answer(done.exit_code, done.output)
