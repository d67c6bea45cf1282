"""The statistics of the public data sets that lie in a folder, read through their adapters."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from schemas.errors import UserError
from surfaces.load import load
from worlds.adapters.importing import DATASETS, import_logs
from worlds.card.logs import Logs
from worlds.card.statistics import Statistics, statistics

FOLDERS = {"mind": "mind", "kuairand": "kuairand", "open_bandit": "open_bandit", "ebnerd": "ebnerd"}
"""Data sets whose logs hold what was shown, by the name of their folder."""


def real_statistics(folder: Path, told: Callable[[str], None]) -> list[Statistics]:
    """Statistics of every set of `FOLDERS` that lies in `folder`; `told` hears of each as it is read.

    Raises UserError if none lies there.
    """
    there = {name: folder / part for name, part in FOLDERS.items() if (folder / part).is_dir()}
    if not there:
        raise UserError(
            f"{folder} holds none of {', '.join(FOLDERS.values())}",
            fix="FEEDMILL_REAL_DATA names the folder that holds the public sets",
        )
    found = []
    for name, path in there.items():
        told(f"reading {name}")
        found.append(_of(name, path))
    return found


def _of(name: str, path: Path) -> Statistics:
    surface = load(name)
    with tempfile.TemporaryDirectory(prefix="feedmill-card-") as scratch:
        landing = Path(scratch) / name
        landing.mkdir()
        import_logs(DATASETS[name], path, landing, surface)
        with Logs(landing) as logs:
            return statistics(name, logs, tuple(surface.outcomes))
