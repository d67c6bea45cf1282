"""What lies in a landing folder, for tests: the rows that ingest would read, and the segments it would pass over."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jobs.bronze.landing import files_of
from schemas.logs import LAYERS

DAY = date(2026, 1, 9)
NOON = datetime(2026, 1, 9, 12, tzinfo=UTC)


def rows(landing: Path, layer: str, *days: date) -> list[dict[str, Any]]:
    """The rows of `layer` on `days` (default: DAY) in the files that ingest reads, in its order."""
    lines = (line for file in files_of(landing, layer, days or (DAY,)) for line in file.path.read_text().splitlines())
    return [json.loads(line) for line in lines]


def hidden(landing: Path) -> list[str]:
    """Names of the files that ingest passes over, below the landing folder."""
    found = (path for path in landing.rglob(".*") if path.is_file())
    return sorted(path.relative_to(landing).as_posix() for path in found)


def files(landing: Path) -> list[str]:
    """Names of the files that ingest reads, below the landing folder."""
    days = {date.fromisoformat(path.name[4:]) for path in landing.glob("*/day=*")}
    return [file.name for layer in LAYERS for file in files_of(landing, layer.name, days)]
