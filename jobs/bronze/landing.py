"""What lies in landing: `<layer>/day=<arrival day>/*.jsonl[.gz]` or `*.parquet`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jobs.night import Night
from schemas.errors import UserError
from schemas.logs import IMPRESSION, LAYERS

KINDS = {".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".parquet": "parquet"}
"""File endings that ingest reads."""


@dataclass(frozen=True)
class LandingFile:
    """One file of one layer and arrival day; `name` is its path below the surface's landing folder."""

    path: Path
    name: str
    layer: str
    day: date

    @property
    def kind(self) -> str | None:
        """`jsonl`, `parquet`, or None where the ending is none that ingest reads."""
        for ending, kind in KINDS.items():
            if self.path.name.endswith(ending):
                return kind
        return None


def landed_days(landing: Path, layers: Iterable[str] | None = None) -> list[date]:
    """Arrival days for which any of `layers` (all, if none are named) has a folder, oldest first."""
    names = [layer.name for layer in LAYERS] if layers is None else list(layers)
    folders = (folder for name in names for folder in (landing / name).glob("day=*") if folder.is_dir())
    return sorted({day for folder in folders if (day := _day(folder)) is not None})


def files_of(landing: Path, layer: str, days: Iterable[date]) -> Iterator[LandingFile]:
    """The files of `layer` on `days`, in a fixed order. Names that begin with `.` or `_` are marks, not data."""
    for day in sorted(days):
        folder = landing / layer / f"day={day}"
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_file() and not path.name.startswith((".", "_")):
                yield LandingFile(path, path.relative_to(landing).as_posix(), layer, day)


def require_logs(night: Night) -> None:
    """Raise UserError, naming the folder and the days that are there, if nothing was landed for the night's day."""
    folder = night.landing / IMPRESSION.name / f"day={night.day}"
    if folder.is_dir():
        return
    days = landed_days(night.landing, [IMPRESSION.name])
    there = f"days with logs: {_listed(days)}" if days else "no day has logs yet"
    raise UserError(
        f"surface {night.surface.surface} has no logs of {night.day}: there is no folder {folder} ({there})",
        fix=f"land {night.day} there, or run one of the days that have logs"
        if days
        else "land logs there: `feedmill import` takes a public data set, `feedmill world` simulates",
    )


def _day(folder: Path) -> date | None:
    try:
        return date.fromisoformat(folder.name.removeprefix("day="))
    except ValueError:
        return None


def _listed(days: list[date]) -> str:
    if len(days) <= 10:
        return ", ".join(str(day) for day in days)
    return f"{days[0]} to {days[-1]} ({len(days)} days)"
