"""How fast the default world writes its logs: impressions with their outcomes, all layers, under its logging policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from infra.bench.measure import measured
from worlds.load import load
from worlds.logs.days import Writing, write
from worlds.world import World

WORLD = "shorts"
SIZES = (1_000_000, 10_000_000)
PROCESSES = 2


@dataclass(frozen=True)
class Generated:
    """One run: impressions and bytes written, wall seconds, and the peak resident set of all processes in bytes."""

    impressions: int
    written: int
    seconds: float
    peak_rss: int


def bench(root: Path, rows: int, processes: int = PROCESSES) -> Generated:
    """Write one day of about `rows` impressions below `root`, which is gone afterwards."""
    people = load(WORLD).population
    each = people.sessions * people.requests * 10
    world = World(load(WORLD, changes={"population.users": max(round(rows / each), 20)}))
    found: list[int] = []

    def work() -> None:
        found.extend(day["impression"] for day in write(world, 1, Writing(root, processes=processes)).values())

    cost = measured(os.getpid(), work)
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    shutil.rmtree(root)
    return Generated(sum(found), size, cost.seconds, cost.peak_rss)


def table(results: Sequence[Generated]) -> Table:
    """Seconds, impressions per second, growth against the smallest run, bytes per impression, peak memory."""
    shown = Table(
        title=f"World {WORLD}: logs of one day, {PROCESSES} processes (parquet, all layers, exact propensities)"
    )
    for heading in ("impressions", "s", "impressions/s", "s for each s of the first", "bytes/impression", "peak GiB"):
        shown.add_column(heading, justify="right")
    for result in results:
        first = results[0]
        growth = (result.seconds / first.seconds) / (result.impressions / first.impressions)
        shown.add_row(
            f"{result.impressions:,}",
            f"{result.seconds:.1f}",
            f"{result.impressions / result.seconds:,.0f}",
            f"{growth:.2f}",
            f"{result.written / result.impressions:.0f}",
            f"{result.peak_rss / 2**30:.2f}",
        )
    return shown
