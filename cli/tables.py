"""feedmill tables: every lake table of a surface with its rows and content hash."""

from __future__ import annotations

from pathlib import Path

import duckdb
from deltalake import DeltaTable
from rich.table import Table

from cli.screen import SurfaceName, console
from lake.home import Home
from lake.tables import content_hash, dataset_of
from schemas.errors import UserError
from surfaces.load import load


def tables(surface: SurfaceName) -> None:
    """List the lake tables of SURFACE: rows, days, Delta version and a hash of the content.

    The hash is the same whatever the order of rows and files: two nights that wrote the same rows show the same hash.
    """
    root = Home.default().lake(load(surface).surface)
    found = sorted(log.parent for log in root.glob("*/*/_delta_log"))
    if not found:
        raise UserError(f"{surface} has no tables below {root}", fix=f"feedmill run {surface} DAY")
    table = Table(title=f"tables of {surface}", title_justify="left")
    table.add_column("table")
    for column in ("rows", "version", "hash"):
        table.add_column(column, justify="right")
    for path in found:
        table.add_row(*_row(root, path))
    console.print(table)


def _row(root: Path, path: Path) -> tuple[str, str, str, str]:
    delta = DeltaTable(str(path))
    with duckdb.connect() as connection:
        rows, digest = content_hash(connection, dataset_of(delta, path))
    return ".".join(path.relative_to(root).parts), f"{rows:,}", str(delta.version()), digest
