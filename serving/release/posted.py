"""Items that were posted after a release was made, beside it: rows of its catalogue and a source of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from features.affinity import contents, unit
from models.interface import FactorRetriever, Floats, Requests
from models.two_tower import TwoTower
from models.vocabulary import strings
from serving.release.catalogue import EMBEDDING, Catalogue, Column, Rows
from serving.release.loaded import LoadedRelease
from serving.release.sources import FRESH, IndexSource, Offer


@dataclass(frozen=True)
class PostedItem:
    """One item as it was posted. `number` orders postings; `created`, `posted`: UTC microseconds."""

    number: int
    item_id: str
    creator_id: str | None
    topic: str | None
    title: str | None
    content: tuple[float, ...] | None
    created: int
    posted: int
    duration_s: float | None = None
    tags: tuple[str, ...] = ()

    def encode(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @staticmethod
    def decode(stored: bytes) -> PostedItem:
        content = json.loads(stored)
        if content["content"] is not None:
            content["content"] = tuple(content["content"])
        return PostedItem(**content | {"tags": tuple(content.get("tags", ()))})


@dataclass(frozen=True)
class PostedSource:
    """Exact search among the (n, d) `vectors` of posted items, which are the catalogue's `rows`."""

    model: FactorRetriever
    vectors: Floats
    rows: Rows

    def offer(self, request: Requests, k: int) -> Offer:
        queries, known = self.model.query_vectors(request)
        if not known[0]:
            return Offer(np.empty(0, np.int64), np.empty(0, np.float32))
        scores = self.vectors @ queries[0]
        best = np.argsort(-scores, kind="stable")[: k + len(request.seen[0])]
        return Offer(self.rows[best], scores[best])


def extended(release: LoadedRelease, posted: Sequence[PostedItem]) -> LoadedRelease:
    """`release` with those of `posted` that it does not hold and can place; of an item posted twice the last counts.

    The same postings give the same release; `posted` is the number of the last one. What `release` shares with it is
    not copied but for the catalogue.
    """
    if not posted:
        return release
    latest = {one.item_id: one for one in sorted(posted, key=lambda one: one.number)}
    fresh = [one for one in latest.values() if one.item_id not in release.catalogue.row_of]
    vectors, told = place(release, fresh)
    fresh = [one for one, known in zip(fresh, told, strict=True) if known]
    last = max(one.number for one in posted)
    if not fresh:
        return replace(release, posted=last)
    rows = np.arange(len(fresh), dtype=np.int64) + len(release.catalogue)
    model = _two_tower(release)
    assert model is not None, "nothing is placed without one"
    return replace(
        release,
        posted=last,
        catalogue=_catalogue(release.catalogue, fresh),
        sources={**release.sources, FRESH: PostedSource(model, vectors[told], rows)},
        item_side=_item_side(release, fresh),
        encoded=_encoded(release, fresh),
        reserve=np.concatenate([release.reserve, rows]),
    )


def place(release: LoadedRelease, posted: Sequence[PostedItem]) -> tuple[Floats, list[bool]]:
    """(n, d) vectors of `posted` in the release's two-tower space, and whether each has one."""
    model = _two_tower(release)
    if model is None or model.item_tower is None:
        return np.empty((len(posted), 0), np.float32), [False] * len(posted)
    tower = model.item_tower
    content = np.full((len(posted), tower.content_size), np.nan, np.float32)
    for row, one in enumerate(posted):
        if one.content is not None and len(one.content) == tower.content_size:
            content[row] = one.content
    creators, topics = (strings(value or "" for value in column) for column in _columns(posted))
    vectors, told = tower.vectors(creators, topics, content)
    return vectors, told.tolist()


def content_size(release: LoadedRelease) -> int | None:
    """How long the content vector of a posted item must be; None if the release can place no new item at all."""
    model = _two_tower(release)
    return model.item_tower.content_size if model is not None and model.item_tower is not None else None


def _two_tower(release: LoadedRelease) -> TwoTower | None:
    source = release.sources.get("two_tower")
    return source.model if isinstance(source, IndexSource) and isinstance(source.model, TwoTower) else None


def _columns(posted: Sequence[PostedItem]) -> tuple[list[str | None], list[str | None]]:
    return [one.creator_id for one in posted], [one.topic for one in posted]


def _catalogue(before: Catalogue, fresh: Sequence[PostedItem]) -> Catalogue:
    creators, topics = _columns(fresh)
    rows = {one.item_id: len(before) + place for place, one in enumerate(fresh)}
    width = before.contents.shape[1]
    embeddings = pa.array([one.content for one in fresh], EMBEDDING)
    return Catalogue(
        ids=np.concatenate([before.ids, strings(one.item_id for one in fresh)]),
        creators=_column(before.creators, creators),
        topics=_column(before.topics, topics),
        titles=np.concatenate([before.titles, strings(one.title or "" for one in fresh)]),
        created=np.concatenate([before.created, np.array([one.created for one in fresh], np.int64)]),
        durations=np.concatenate([before.durations, np.array([one.duration_s for one in fresh], np.float32)]),
        row_of={**before.row_of, **rows},
        tags=before.tags.grown(len(before), [one.tags for one in fresh]),
        contents=np.concatenate([before.contents, unit(contents(embeddings, width))]),
        similar=_grown(before.similar, len(before) + len(fresh)),
    )


def _grown(similar: Any, items: int) -> Any:
    """`similar` with room for `items`: nobody has responded to those that are new."""
    if similar is None:
        return None
    found = similar.copy()
    found.resize((items, items))
    return found


def _column(before: Column, values: Iterable[str | None]) -> Column:
    listed, names = [value or "" for value in values], dict(before.names)
    codes = [names.setdefault(value, len(names)) if value else -1 for value in listed]
    return Column(
        np.concatenate([before.values, strings(listed)]),
        np.concatenate([before.codes, np.array(codes, dtype=np.int64)]),
        names,
    )


def _encoded(release: LoadedRelease, fresh: Sequence[PostedItem]) -> dict[str, Rows]:
    if release.ranker is None:
        return {}
    creators, topics = _columns(fresh)
    values: dict[str, list[str | None]] = {
        "item_id": [one.item_id for one in fresh],
        "creator_id": creators,
        "topic": topics,
    }
    found = {name: release.ranker.encoded(name, values[name]) for name in release.encoded}
    return {name: np.concatenate([release.encoded[name], rows]) for name, rows in found.items() if rows is not None}


def _item_side(release: LoadedRelease, fresh: Sequence[PostedItem]) -> dict[str, Rows]:
    keys = {
        "item": [one.item_id for one in fresh],
        "creator": [one.creator_id or "" for one in fresh],
        "topic": [one.topic or "" for one in fresh],
    }
    return {
        entity: np.concatenate([rows, np.array([release.tables[entity].row(key) for key in keys[entity]], np.int64)])
        for entity, rows in release.item_side.items()
    }
