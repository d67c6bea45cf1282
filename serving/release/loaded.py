"""A release in memory: everything one surface needs to answer, verified before a byte of it is believed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml
from pydantic import ValidationError

from features.layout import Layout
from features.registry import batch, realtime, registry, schema_hash
from models.index import ItemIndex
from models.interface import FactorRetriever, Retriever
from models.popular import Popular
from models.ranker_scoring import RankerScorer
from models.registry import load
from models.steps import steps
from models.vocabulary import rows_in
from schemas.errors import UserError
from schemas.release import Manifest
from serving.ask import Ask
from serving.release.catalogue import Catalogue, Rows
from serving.release.snapshot import Crossed, Lists, Table
from serving.release.sources import FRESH, NEWEST, IndexSource, ListSource, ModelSource, Source
from serving.release.verify import verify
from surfaces.surface import Source as Quota
from surfaces.surface import Surface

SURFACE_FILE = "surface.yaml"


@dataclass(frozen=True)
class LoadedRelease:
    """One release, immutable: a request that has it in hand is answered by it whole, whatever is switched meanwhile.

    `tables`: batch features by entity. `item_side`: per entity that an item has one of (item, creator, topic), the
    row of its table for each catalogue row. `crossed`: user-topic and user-creator. `reserve`: every catalogue row,
    most popular first. `encoded`: by category of the ranker, the network's row of each catalogue row. `posted`: number
    of the last posted item that was known when it was made, 0 for none. `popular_in`: the most popular items of each
    country.
    """

    manifest: Manifest
    surface: Surface
    catalogue: Catalogue
    sources: Mapping[str, Source]
    ranker: RankerScorer | None
    tables: Mapping[str, Table]
    item_side: Mapping[str, Rows]
    crossed: Mapping[str, Crossed]
    sequences: Lists
    seen: Lists
    reserve: Rows
    encoded: Mapping[str, Rows] = field(default_factory=dict)
    posted: int = 0
    popular_in: Lists = Lists.NONE

    @property
    def release_id(self) -> str:
        return self.manifest.release_id

    @functools.cached_property
    def quotas(self) -> dict[str, Quota]:
        """By name of each source that is asked, how much it may bring: in the order of the surface file, then posted
        items, where there are some, and the newest, where exploration wants some."""
        found = dict[str, Quota](self.surface.retrieval.items())
        if FRESH in self.sources:
            found[FRESH] = self.surface.fresh
        newest = self.surface.slate.exploration.newest
        if newest:
            found[NEWEST] = Quota(min_quota=newest, max_quota=newest)
        return found

    @functools.cached_property
    def layout(self) -> Layout:
        """The places of the ranker's features."""
        return Layout.of(self.surface)

    @functools.cached_property
    def realtime(self) -> tuple[str, ...]:
        """The names of the real-time features that the ranker was trained on."""
        return tuple(feature.name for feature in realtime(self.surface))

    @functools.cached_property
    def rates(self) -> tuple[tuple[str, int, bool], ...]:
        """Every outcome that has a value weight and a smoothed rate or mean per impression among the item's batch
        features: its name, the column of the item table, and whether that holds a logarithm."""
        if "item" not in self.tables:
            return ()
        found: dict[str, tuple[str, int, bool]] = {}
        for column, name in enumerate(self.tables["item"].names):
            for outcome in self.surface.value:
                if name.startswith((f"item_{outcome}_rate_", f"item_{outcome}_log_mean_")):
                    found[outcome] = (outcome, column, "_log_" in name)
        return tuple(found.values())

    @classmethod
    def load(cls, folder: Path) -> LoadedRelease:
        """The release in `folder`, every file verified.

        Raises InfrastructureError naming a file that is missing, extra or differs, and UserError when this program
        computes other features than the release was trained on.
        """
        manifest = verify(folder)
        surface = read_surface(folder)
        _check_features(manifest, surface)
        _check_supply(surface)
        models = {name: load(name, folder / name) for name in surface.retrieval}
        catalogue = Catalogue.read(folder / "features" / "catalogue.parquet", _items_of(models.values()))
        sources: dict[str, Source] = {NEWEST: ListSource.newest(catalogue)}
        sources.update((name, _source(model, folder / "index", catalogue)) for name, model in models.items())
        tables = _tables(folder / "features", surface)
        ranker = RankerScorer.load(folder / "ranker", threads=1) if surface.ranker else None
        return cls(
            manifest=manifest,
            surface=surface,
            catalogue=catalogue,
            sources=sources,
            ranker=ranker,
            tables=tables,
            item_side=_item_side(tables, catalogue),
            crossed=_crossed(tables, catalogue),
            sequences=Lists.read(folder / "features" / "sequence.parquet", "key"),
            seen=Lists.read(folder / "features" / "seen.parquet", "user_id"),
            reserve=_reserve(sources, catalogue),
            encoded=encoded(ranker, catalogue) if ranker else {},
            popular_in=Lists.read_if_there(folder / "features" / "popular_in.parquet", "country"),
        )

    def size_of(self, ask: Ask) -> int:
        """Slots that `ask` wants."""
        return ask.size or self.surface.slate.size

    def codes_of(self, entity: str) -> Rows:
        """(n,) the item-side codes by catalogue row that the crossed `entity` is found by."""
        return self.catalogue.topics.codes if entity == "user_topic" else self.catalogue.creators.codes


def read_surface(folder: Path) -> Surface:
    """The surface file as it was when the release in `folder` was made."""
    try:
        return Surface.model_validate(yaml.safe_load((folder / SURFACE_FILE).read_text()))
    except ValidationError as error:
        raise UserError(
            f"{folder / SURFACE_FILE} is no surface that this Feedmill knows: {error}",
            fix="run its night again with this version",
        ) from None


def encoded(ranker: RankerScorer, catalogue: Catalogue) -> dict[str, Rows]:
    """(n,) the network's rows of the item, its creator and its topic, by category: no id is looked up in a request."""
    found = {"item_id": ranker.encoded("item_id", catalogue.ids)}
    for name, column in {"creator_id": catalogue.creators, "topic": catalogue.topics}.items():
        rows = ranker.encoded(name, column.distinct)
        found[name] = None if rows is None else rows[column.codes]
    return {name: rows for name, rows in found.items() if rows is not None}


def _check_features(manifest: Manifest, surface: Surface) -> None:
    here = schema_hash(registry(surface))
    if surface.ranker is not None and manifest.feature_schema != here:
        raise UserError(
            f"release {manifest.release_id} was trained on feature schema {manifest.feature_schema}; "
            f"this program computes {here}",
            fix="serve it with the version that made it, or run its night again with this one",
        )


def _check_supply(surface: Surface) -> None:
    items = [feature.name for feature in batch(surface) if feature.entity in ("item", "creator", "topic")]
    known = items if surface.ranker is not None else []
    for rule in surface.slate.supply:
        if rule.feature not in known:
            raise UserError(
                f"surface {surface.surface}: slate.supply.feature: found {rule.feature!r}, which no item has",
                fix=f"name one of {', '.join(known) or 'none: features come with a ranker'}",
            )


def _items_of(models: Iterable[Retriever]) -> Iterable[str]:
    for model in models:
        if isinstance(model, FactorRetriever):
            for part in steps(len(model.item_ids)):
                yield from model.item_ids[part].tolist()


def _source(model: Retriever, folder: Path, catalogue: Catalogue) -> Source:
    if isinstance(model, Popular):
        return ListSource.of(model, catalogue)
    if not isinstance(model, FactorRetriever):
        return ModelSource(model, catalogue)
    index = ItemIndex.load(folder / f"{model.name}.faiss")
    return IndexSource(model, index, catalogue.rows(model.item_ids))


def _tables(folder: Path, surface: Surface) -> dict[str, Table]:
    if surface.ranker is None:
        return {}
    names: dict[str, list[str]] = {}
    for feature in batch(surface):
        names.setdefault(feature.entity, []).append(feature.name)
    return {entity: Table.read(folder / f"{entity}.parquet", columns) for entity, columns in names.items()}


def _item_side(tables: Mapping[str, Table], catalogue: Catalogue) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    if "item" in tables:
        found["item"] = rows_in(tables["item"].row_of, catalogue.ids)
    for entity, column in {"creator": catalogue.creators, "topic": catalogue.topics}.items():
        if entity in tables:
            found[entity] = rows_in(tables[entity].row_of, column.distinct)[column.codes]
    return found


def _crossed(tables: Mapping[str, Table], catalogue: Catalogue) -> dict[str, Crossed]:
    names = {"user_topic": catalogue.topics.names, "user_creator": catalogue.creators.names}
    return {entity: Crossed.of(tables[entity], codes) for entity, codes in names.items() if entity in tables}


def _reserve(sources: Mapping[str, Source], catalogue: Catalogue) -> Rows:
    """Every row: in the order of the popular model where the surface has one, else (and then) newest first."""
    popular = sources.get("popular")
    if not isinstance(popular, ListSource):
        return catalogue.newest
    known = popular.rows[popular.rows >= 0]
    other = np.ones(len(catalogue), dtype=np.bool_)
    other[known] = False
    return np.concatenate([known, catalogue.newest[other[catalogue.newest]]])
