"""Before a night: are there logs? The default surface's world writes them on a fresh home."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

from jobs.bronze.landing import landed_days
from lake.home import Home
from schemas.errors import InfrastructureError, UserError
from schemas.logs import IMPRESSION

WORLD = "shorts"
"""The surface that the default world writes logs for."""


class WorldWriter:
    """The default world being written, in a process of its own while Airflow starts."""

    def __init__(self, home: Home) -> None:
        self._mark = _mark(home)
        self.log = self._mark.with_name("world.log")
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        self._mark.touch()
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "world"], stdout=output, stderr=subprocess.STDOUT
            )

    def wait(self) -> None:
        """Until the logs are whole; raises InfrastructureError with the writer's last words if it failed."""
        if self._process.wait():
            words = self.log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise InfrastructureError(f"the default world was not written: {words[-1]}", fix=f"see {self.log}")
        self._mark.unlink()

    def stop(self) -> None:
        """End the writing, if it goes on; what is half-written is written anew by the next night."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def write_if_missing(home: Home, surface: str) -> WorldWriter | None:
    """Begin to write the default world if `surface` is its surface and has no whole logs; else None."""
    if surface == WORLD and (_mark(home).exists() or not logged_days(home, surface)):
        return WorldWriter(home)
    return None


def logged_days(home: Home, surface: str) -> list[date]:
    """Days for which impressions have landed, oldest first."""
    return landed_days(home.landing(surface), [IMPRESSION.name])


def choose_day(home: Home, surface: str, wanted: date | None) -> date:
    """`wanted`, or the last day that has logs; raises UserError if there are no logs of it."""
    days = logged_days(home, surface)
    if not days:
        raise UserError(
            f"surface {surface} has no logs in {home.landing(surface)}",
            fix="land some there, or `feedmill import DATASET PATH`",
        )
    if wanted is not None and wanted not in days:
        raise UserError(f"surface {surface} has no logs of {wanted}", fix=f"it has logs of {days[0]} to {days[-1]}")
    return wanted or days[-1]


def _mark(home: Home) -> Path:
    return home.root / "stack" / "world.unfinished"
