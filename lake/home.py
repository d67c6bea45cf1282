"""Where everything generated lies: one git-ignored folder, FEEDMILL_HOME (default `var/` in the project)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The one folder under which landing, lake, releases, airflow, mlflow, spark and reports lie."""

    root: Path

    @classmethod
    def default(cls) -> Home:
        """FEEDMILL_HOME if set, else `var/` in the project."""
        return cls(Path(os.environ.get("FEEDMILL_HOME") or PROJECT / "var").resolve())

    @property
    def airflow(self) -> Path:
        return self.root / "airflow"

    @property
    def mlflow(self) -> Path:
        return self.root / "mlflow"

    @property
    def spark(self) -> Path:
        return self.root / "spark"

    def landing(self, surface: str) -> Path:
        """Holds `<layer>/day=<arrival day>/*`."""
        return self.root / "landing" / surface

    def lake(self, surface: str) -> Path:
        """Holds `<level>/<table>`, one Delta table each."""
        return self.root / "lake" / surface

    def night(self, surface: str, day: date) -> Path:
        """Models, index and evaluation of one night, before they become a release."""
        return self.root / "nights" / surface / f"day={day}"

    def releases(self, surface: str) -> Path:
        """Immutable releases, the blue and green slots and `active`."""
        return self.root / "releases" / surface

    def reports(self, surface: str, day: date) -> Path:
        """One JSON a step, the decision, Data Docs and pictures of one night."""
        return self.root / "reports" / surface / f"day={day}"
