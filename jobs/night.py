"""One run of the pipeline for one (surface, day), and what each step of it says when it is done."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from lake.home import Home
from lake.ledger import Entry
from lake.tables import Lake
from schemas.errors import UserError
from surfaces.surface import Surface


@dataclass(frozen=True)
class Night:
    """What every job is given: the surface, the day, and where everything lies. Nothing reads the wall clock."""

    surface: Surface
    day: date
    home: Home

    @property
    def name(self) -> str:
        """`shorts-2026-01-09`."""
        return f"{self.surface.surface}-{self.day}"

    @property
    def lake(self) -> Lake:
        return Lake(self.home.lake(self.surface.surface))

    @property
    def landing(self) -> Path:
        return self.home.landing(self.surface.surface)

    @property
    def reports(self) -> Path:
        return self.home.reports(self.surface.surface, self.day)

    @property
    def restated_days(self) -> list[date]:
        """Event days that arrivals of this night can still change, oldest first, this day last."""
        return days_between(self.day - timedelta(days=self.surface.restate_days), self.day)

    @property
    def training_days(self) -> list[date]:
        """Event days that train the models: the window before this day, which is held out."""
        return days_between(self.day - timedelta(days=self.surface.training.window_days), self.day - timedelta(days=1))

    def seed(self, purpose: str) -> int:
        """A seed in [0, 2**31) derived from (seed, surface, day, purpose)."""
        text = f"{self.surface.seed}/{self.surface.surface}/{self.day}/{purpose}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") & 0x7FFFFFFF

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator seeded by `seed(purpose)`."""
        return np.random.default_rng(self.seed(purpose))

    def artifact(self, name: str) -> Path:
        """The folder that step output `name` (a model, the index, the evaluation) lies in once it is whole.

        Raises UserError naming the step to run if it is not there.
        """
        path = self.home.night(self.surface.surface, self.day) / name
        if not path.is_dir():
            raise UserError(
                f"{name} of {self.surface.surface} {self.day} does not exist at {path}",
                fix=f"feedmill run {self.surface.surface} {self.day}",
            )
        return path

    def has_artifact(self, name: str) -> bool:
        return (self.home.night(self.surface.surface, self.day) / name).is_dir()

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A fresh folder that becomes `artifact(name)` in one rename if the block succeeds, and vanishes if not."""
        final = self.home.night(self.surface.surface, self.day) / name
        partial = final.with_name(f".{name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@dataclass
class StepReport:
    """What a step says when it is done; kept as JSON and printed by the command line and the task log."""

    rows: int = 0
    """Rows (or items, or checks) the step wrote: the one number on its line."""
    summary: str = ""
    """A few words for people, beside the number of rows."""
    ledger: list[Entry] = field(default_factory=list)
    gates: list[str] = field(default_factory=list)
    """Gate lines, as printed."""
    warnings: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    """Machine-readable results that the night's summary quotes."""

    def write(self, path: Path) -> None:
        """Write as JSON, atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(asdict(self), indent=1, default=str))
        partial.replace(path)

    @staticmethod
    def read(path: Path) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(path.read_text())
        return content


def days_between(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
