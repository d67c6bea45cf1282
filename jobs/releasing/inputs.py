"""What a release is made from, and the id that follows from it: the same inputs have the same id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml

from features import tables
from features.registry import registry, schema_hash
from jobs.night import Night
from lake.home import PROJECT
from schemas.contract import Contract
from schemas.tables import SEQUENCE, SILVER_ITEM, SILVER_USER
from surfaces.surface import Surface

ROOMS = ("schemas", "surfaces", "lake", "features", "models", "evaluation", "serving", "expectations", "jobs")
"""Rooms whose code makes a release; the command line, DAGs and worlds do not."""
LOCK = "requirements.lock"


@dataclass(frozen=True)
class Inputs:
    """Everything that determines a release. `tables`: Delta version, rows and content hash as known at the night.

    `code` and `lock` are sha256, `surface` is the surface file's text, `feature_schema` the hash of its features.
    """

    name: str
    day: str
    surface: str
    tables: dict[str, dict[str, str | int]]
    feature_schema: str
    code: str
    lock: str

    @property
    def release_id(self) -> str:
        """`<day>-<10 hex>`. Delta versions do not count: writing the same rows again changes no release."""
        contents = {name: [table["rows"], table["hash"]] for name, table in self.tables.items()}
        text = json.dumps([self.name, self.surface, contents, self.feature_schema, self.code, self.lock])
        return f"{self.day}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def inputs(night: Night) -> Inputs:
    """What the release of `night` is made from. The same on time and in a backfill a year later."""
    return Inputs(
        name=night.surface.surface,
        day=str(night.day),
        surface=surface_text(night.surface),
        tables=_tables(night),
        feature_schema=schema_hash(registry(night.surface)),
        code=code_hash(PROJECT),
        lock=_file_hash(PROJECT / LOCK),
    )


def surface_text(surface: Surface) -> str:
    """The surface as YAML with every default written out, in its own order: feature columns follow that of outcomes."""
    content = surface.model_dump(mode="json")
    content["lacks"] = sorted(content["lacks"])
    return yaml.safe_dump(content, sort_keys=False)


def code_hash(root: Path) -> str:
    """sha256 over path and content of every Python source of ROOMS below `root`."""
    total = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        total.update(f"{path.relative_to(root).as_posix()}\0{_file_hash(path)}\0".encode())
    return total.hexdigest()


def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "absent"


def _tables(night: Night) -> dict[str, dict[str, str | int]]:
    days = [*night.training_days, night.day]
    as_of = [night.day - timedelta(days=1), night.day]
    samples = tables.samples(night.surface)
    listed = [
        _fingerprint(night, tables.labelled(night.surface), _in("event_day", days)),
        _fingerprint(night, samples, _in("event_day", days)),
        _fingerprint(night, SILVER_ITEM),
        _fingerprint(night, SILVER_USER),
        _fingerprint(night, SEQUENCE, _in("as_of", as_of)),
        *(_fingerprint(night, table, _in("as_of", as_of)) for table in tables.entity_tables(night.surface).values()),
    ]
    return dict(found for found in listed if found is not None)


def _in(column: str, days: Iterable[object]) -> str:
    return f"{column} IN ({', '.join(f'DATE {str(day)!r}' for day in days)})"


def _fingerprint(night: Night, table: Contract, where: str = "true") -> tuple[str, dict[str, str | int]] | None:
    """Version, rows and hash of `table` as known at the night; None if it was never written."""
    if not night.lake.exists(table):
        return None
    at = f"DATE '{night.day}'"
    outcomes = [name for name in night.surface.outcomes if f"{name}_known" in table.names]
    columns = [name for name in table.names if name != "known_until" and name not in outcomes]
    hashed = [f'"{name}"' for name in columns] + [f'CASE WHEN "{o}_known" <= {at} THEN "{o}" END' for o in outcomes]
    if "known_from" in table.names:
        where += f" AND known_from <= {at} AND (known_until IS NULL OR known_until > {at})"
    sql = f"SELECT count(*) AS n, coalesce(sum(hash({', '.join(hashed)})), 0)::VARCHAR AS h FROM rows WHERE {where}"
    (found,) = night.lake.query(table, sql).to_pylist()
    total = f"{int(found['h']) % 2**64:016x}"
    return table.name, {"version": night.lake.version(table), "rows": int(found["n"]), "hash": total}
