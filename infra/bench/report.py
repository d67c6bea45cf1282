"""The table that the benchmark prints: one line per size and stage, both sides beside one another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from rich.table import Table

from infra.bench.calibrate import Ceilings
from infra.bench.measure import Measured
from infra.bench.ours import Ours

TOTAL = "all"


@dataclass(frozen=True)
class Result:
    """Everything that was measured for one number of impressions; `limits` in seconds per stage."""

    rows: int
    ours: Ours
    by_hand: Mapping[str, Measured]
    limits: Mapping[str, float]


def machine(ceilings: Ceilings) -> str:
    """One line about what it ran on."""
    parts = [
        f"{os.cpu_count()} cores",
        f"disk read {ceilings.disk_read / 1e9:.2f} and write {ceilings.disk_write / 1e9:.2f} GB/s",
        f"memory {ceilings.memory / 1e9:.1f} GB/s",
        *(f"{name} {version(name)}" for name in ("pyspark", "delta-spark", "duckdb")),
    ]
    return ", ".join(parts)


def table(results: Sequence[Result]) -> Table:
    """Seconds, ratio to DuckDB, impressions per second, peak memory, and times the physical limit."""
    shown = Table(title="Feedmill (Spark, Delta) and DuckDB written by hand (parquet): same files, equal results")
    for heading in ("impressions", "stage"):
        shown.add_column(heading)
    for heading in _FIGURES:
        shown.add_column(heading, justify="right")
    for result in results:
        for stage in (*result.limits, TOTAL):
            name = f"{result.rows:,}" if stage == next(iter(result.limits)) else ""
            shown.add_row(name, stage, *_figures(result, stage), end_section=stage == TOTAL)
    return shown


_FIGURES = (
    "cold s",
    "warm s",
    "DuckDB s",
    "warm / DuckDB",
    "warm rows/s",
    "DuckDB rows/s",
    "Spark RSS GB",
    "DuckDB RSS GB",
    "limit s",
    "warm / limit",
    "DuckDB / limit",
)


def _figures(result: Result, stage: str) -> list[str]:
    cold, warm, duck = (_of(side, stage) for side in (result.ours.cold, result.ours.warm, result.by_hand))
    limit = sum(result.limits.values()) if stage == TOTAL else result.limits[stage]
    peak = max(cold.peak_rss, warm.peak_rss)
    return [
        f"{cold.seconds:.2f}",
        f"{warm.seconds:.2f}",
        f"{duck.seconds:.2f}",
        f"{warm.seconds / duck.seconds:.1f}x",
        f"{result.rows / warm.seconds:,.0f}",
        f"{result.rows / duck.seconds:,.0f}",
        f"{peak / 1e9:.2f}",
        f"{duck.peak_rss / 1e9:.2f}",
        f"{limit:.3f}",
        f"{warm.seconds / limit:.1f}x",
        f"{duck.seconds / limit:.1f}x",
    ]


def _of(side: Mapping[str, Measured], stage: str) -> Measured:
    if stage != TOTAL:
        return side[stage]
    return Measured(sum(one.seconds for one in side.values()), max(one.peak_rss for one in side.values()))
