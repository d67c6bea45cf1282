"""feedmill doctor: is this machine fit to run a night?"""

from __future__ import annotations

import platform
import shutil
import socket
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import psutil
import typer
from rich.table import Table

from cli.screen import console
from infra import ports
from lake import jars, java
from lake.home import Home
from schemas.errors import FeedmillError, UserError
from surfaces import load as surface_files

LEAST_FREE_GIB = 5.0
LEAST_MEMORY_GIB = 6.0
SHOWN = ("pyspark", "delta-spark", "apache-airflow", "mlflow", "great-expectations", "torch", "faiss-cpu", "implicit")


def doctor() -> None:
    """Check Python, Java, Delta's jars, ports, disk, memory and every surface file; exit 2 if anything is wrong."""
    checks: dict[str, Callable[[], str]] = {
        "python": _python,
        "java": _java,
        "jars": _jars,
        "disk": disk,
        "memory": _memory,
        "ports": _ports,
        "surfaces": _surfaces,
        "versions": _versions,
    }
    table = Table(title="feedmill doctor", title_justify="left")
    table.add_column("check")
    table.add_column("")
    table.add_column("found", overflow="fold")
    wrong = 0
    for name, check in checks.items():
        try:
            table.add_row(name, "[green]ok[/]", check())
        except FeedmillError as error:
            wrong += 1
            table.add_row(name, "[red]wrong[/]", str(error))
    console.print(table)
    if wrong:
        raise typer.Exit(UserError.exit_code)


def disk(folder: Path | None = None) -> str:
    """Free space where the home lies; raises UserError when it is short."""
    where = folder or Home.default().root
    nearest = next(path for path in (where, *where.parents) if path.exists())
    free = shutil.disk_usage(nearest).free / 2**30
    if free < LEAST_FREE_GIB:
        raise UserError(
            f"{free:.1f} GiB free at {nearest}; a night needs {LEAST_FREE_GIB:.0f}",
            fix="free some space or set FEEDMILL_HOME to a larger disk",
        )
    return f"{free:.1f} GiB free at {nearest}"


def _python() -> str:
    found = platform.python_version()
    if not found.startswith("3.11."):
        raise UserError(f"Python {found}; allowed is 3.11", fix="make PYTHON=/path/to/python3.11 setup")
    return found


def _java() -> str:
    path, major = java.require()
    return f"{major} at {path}"


def _jars() -> str:
    found = jars.found()
    if len(found) < len(jars.NAMES):
        raise UserError(f"Delta's jars are not in {jars.FOLDER}", fix="make setup")
    return ", ".join(path.name for path in found)


def _memory() -> str:
    total = psutil.virtual_memory().total / 2**30
    if total < LEAST_MEMORY_GIB:
        raise UserError(f"{total:.1f} GiB of memory; a night needs {LEAST_MEMORY_GIB:.0f}")
    return f"{total:.1f} GiB, {psutil.cpu_count()} cores"


def _ports() -> str:
    told = []
    for service, port in ports.configured().items():
        with socket.socket() as probe:
            free = probe.connect_ex(("127.0.0.1", port)) != 0
        told.append(f"{service} {port} {'free' if free else 'in use'}")
    return ", ".join(told)


def _surfaces() -> str:
    return ", ".join(surface_files.load(name).surface for name in surface_files.names())


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in SHOWN)
