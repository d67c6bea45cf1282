"""The three stages in DuckDB, each measured, in a process of their own: `python -m infra.bench.by_hand`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import duckdb

from infra.bench.duck_features import features
from infra.bench.duck_ingest import ingest
from infra.bench.duck_join import join
from infra.bench.generate import DAYS
from infra.bench.measure import Measured, measured
from schemas.errors import InfrastructureError
from surfaces.load import load

Stage = Callable[[duckdb.DuckDBPyConnection], None]


def run(surface_name: str, landing: Path, out: Path) -> dict[str, Measured]:
    """Write every table below `out` (emptied first), with as many threads as there are cores."""
    shutil.rmtree(out, ignore_errors=True)
    surface = load(surface_name)
    stages: dict[str, Stage] = {
        "ingest": lambda connection: ingest(connection, landing, out, DAYS),
        "join": lambda connection: join(connection, surface, out, DAYS),
        "features": lambda connection: features(connection, surface, out, DAYS),
    }
    return {name: measured(os.getpid(), partial(_connected, stage, out)) for name, stage in stages.items()}


def run_apart(surface_name: str, landing: Path, out: Path) -> dict[str, Measured]:
    """`run` in a new process, so that its memory is its own. Raises InfrastructureError if it fails."""
    command = [sys.executable, "-m", "infra.bench.by_hand", surface_name, str(landing), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    if done.returncode:
        told = next((line for line in done.stderr.splitlines() if "Error" in line), f"exit {done.returncode}")
        raise InfrastructureError(f"DuckDB by hand failed: {told}")
    return {stage: Measured(**found) for stage, found in json.loads(done.stdout).items()}


def _connected(stage: Stage, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        connection.execute(f"SET threads = {os.cpu_count() or 2}; SET temp_directory = '{out}/spill'")
        stage(connection)


if __name__ == "__main__":
    surface, landing, out = sys.argv[1:]
    print(json.dumps({stage: asdict(found) for stage, found in run(surface, Path(landing), Path(out)).items()}))
