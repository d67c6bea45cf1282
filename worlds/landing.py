"""Write landing logs: one folder per layer and arrival day, replaced whole, the same bytes for the same rows."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.logs import layer


@contextlib.contextmanager
def replacing(landing: Path, layer_name: str, day: date) -> Iterator[Path]:
    """A fresh folder that becomes `<landing>/<layer>/day=<day>` if the block succeeds, and vanishes if not."""
    final = landing / layer_name / f"day={day}"
    partial = final.with_name(f".{final.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def conform(rows: pa.Table, layer_name: str) -> pa.Table:
    """`rows` in the types of the layer's contract and with its `schema_version`; columns it lacks stay absent.

    Raises KeyError for a column the contract does not have.
    """
    contract = layer(layer_name)
    columns = {"schema_version": pa.array([contract.version] * len(rows), pa.int32())}
    for name in rows.column_names:
        columns[name] = rows[name].cast(contract.field(name).arrow().type)
    return pa.table(columns)


def write_parquet(rows: pa.Table, path: Path) -> None:
    """One parquet file."""
    pq.write_table(rows, path, compression="zstd")
