"""A release put together: models, index, features and what else answering a request needs, in one folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp

from features.tables import entity_tables
from jobs.gold.item_neighbours import item_neighbours
from jobs.gold.training_data import catalogue, interactions, item_rows
from jobs.night import Night, days_between
from jobs.releasing.inputs import Inputs, surface_text
from jobs.releasing.popular_in import popular_in
from models.validation import items_by_user
from schemas.evaluation import POPULAR
from schemas.release import Manifest, digests
from schemas.tables import SEQUENCE
from serving.release.catalogue import NEIGHBOURS_FILE
from serving.release.verify import verify
from surfaces.surface import Surface

CATALOGUE = ("item_id", "creator_id", "topic", "tags", "title", "created_at", "duration_s", "content")
LISTS = pa.schema([("key", pa.string()), ("items", pa.list_(pa.string()))])


@dataclass(frozen=True)
class Built:
    """A release on disk; `reused` if one with the same inputs was there and whole, `changed` its models that this
    night's training did not give again bit for bit."""

    folder: Path
    manifest: Manifest
    reused: bool
    changed: tuple[str, ...] = ()


def parts(surface: Surface) -> tuple[str, ...]:
    """The artifacts of a night that a release holds; most-popular always, for it fills a slate that runs short."""
    return (*dict.fromkeys((*surface.retrieval, POPULAR)), *(("ranker",) if surface.ranker else ()), "index")


def build(night: Night, made_from: Inputs) -> Built:
    """The release of `night` below its surface's releases: built aside, then renamed; never changed afterwards."""
    final = night.home.releases(night.surface.surface) / made_from.release_id
    building = night.home.night(night.surface.surface, night.day) / ".release"
    shutil.rmtree(building, ignore_errors=True)
    models = {name: night.artifact(name) for name in parts(night.surface)}
    assemble(night, building, models, night.day, night.surface)
    manifest = seal(building, made_from, night.surface)
    if final.is_dir():
        return _kept(final, manifest, building)
    final.parent.mkdir(parents=True, exist_ok=True)
    building.rename(final)
    return Built(final, verify(final), reused=False)


def assemble(night: Night, folder: Path, models: Mapping[str, Path], as_of: date, surface: Surface) -> None:
    """Copy `models` and write the surface, the features `as_of` a day and the catalogue into the new `folder`."""
    folder.mkdir(parents=True)
    for name, path in models.items():
        shutil.copytree(path, folder / name)
    (folder / "surface.yaml").write_text(surface_text(surface))
    features = folder / "features"
    features.mkdir()
    for entity, table in entity_tables(night.surface).items():
        rows = night.lake.arrow(table, [as_of], [name for name in table.names if name != "as_of"])
        _write(rows, features / f"{entity}.parquet", "key")
    items = item_rows(night).select(CATALOGUE)
    _write(items, features / "catalogue.parquet", "item_id")
    if surface.ranker is not None and surface.has("history"):
        similar = item_neighbours(night, as_of, catalogue(items).item_ids)
        sp.save_npz(features / NEIGHBOURS_FILE, similar)
    _write(_sequences(night, as_of), features / "sequence.parquet", "key")
    _write(_seen(night, as_of), features / "seen.parquet", "user_id")
    _write(popular_in(night, _window(night, as_of)), features / "popular_in.parquet", "country")


def seal(folder: Path, made_from: Inputs, surface: Surface) -> Manifest:
    """Write the manifest of what is in `folder`."""
    manifest = Manifest(
        release_id=made_from.release_id,
        surface=made_from.name,
        day=made_from.day,
        files=digests(folder),
        tables=made_from.tables,
        sources=tuple(surface.retrieval),
        feature_schema=made_from.feature_schema,
        code=made_from.code,
        lock=made_from.lock,
    )
    manifest.write(folder)
    return manifest


def _sequences(night: Night, as_of: date) -> pa.Table:
    if not night.lake.exists(SEQUENCE):
        return LISTS.empty_table()
    return night.lake.arrow(SEQUENCE, [as_of], ["user_id", "items"]).rename_columns(LISTS.names)


def _seen(night: Night, as_of: date) -> pa.Table:
    """What each user responded to within a training window that ends with `as_of`."""
    seen = items_by_user(interactions(night, _window(night, as_of)))
    rows = [{"key": user, "items": sorted(set(items))} for user, items in seen.items() if user]
    return pa.Table.from_pylist(rows, LISTS).rename_columns(["user_id", "items"])


def _window(night: Night, as_of: date) -> list[date]:
    """The training window that ends with `as_of`."""
    return days_between(as_of - timedelta(days=night.surface.training.window_days - 1), as_of)


def _kept(final: Path, fresh: Manifest, building: Path) -> Built:
    """The release that was there before, with what this night would have given otherwise."""
    manifest = verify(final)
    shutil.rmtree(building)
    changed = {*manifest.files.items()} ^ {*fresh.files.items()}
    return Built(final, manifest, reused=True, changed=tuple(sorted({path for path, _ in changed})))


def _write(rows: pa.Table, path: Path, key: str) -> None:
    pq.write_table(rows.sort_by(key), path, compression="zstd")
