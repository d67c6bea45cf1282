"""A complete small release of surface `shorts`, with real models: 60 items of 4 topics, 40 users with a taste each."""

from __future__ import annotations

import functools
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from features.entities import SEPARATOR
from features.registry import batch, registry, schema_hash
from models import registry as models
from models.calibration import Calibration, Calibrator
from models.index import ItemIndex
from models.interface import Catalogue, FactorRetriever, Interactions
from models.ranker import Ranker
from models.ranker_data import RankerData, head_kinds
from models.vocabulary import strings
from schemas.release import Manifest, digests
from surfaces.load import load
from surfaces.surface import Surface

DAY = "2026-01-08"
AT = datetime(2026, 1, 9, 12, 0, tzinfo=UTC)
USERS = [f"u{n}" for n in range(40)]
ITEMS = [f"i{n:02}" for n in range(60)]
TOPICS = ["music", "sport", "news", "food"]
SMALL: dict[str, dict[str, Any]] = {
    "als": {"embedding_size": 8, "epochs": 5},
    "two_tower": {"embedding_size": 8, "epochs": 2},
}


def topic(item: str) -> str:
    """i00, i04 ... are music, i01, i05 ... sport, and so on; user u0 likes music, u1 sport ..."""
    return TOPICS[int(item[1:]) % len(TOPICS)]


def creator(item: str) -> str:
    """Each creator has five items."""
    return f"c{int(item[1:]) // 5}"


def tags(item: str) -> list[str]:
    """Every sixth item is sponsored; i10, i20 ... are for adults; i07, i17 ... are licensed in Germany alone."""
    n = int(item[1:])
    named = {"sponsored": n % 6 == 3, "adult": n % 10 == 0, "licensed:DE": n % 10 == 7}
    return [tag for tag, borne in named.items() if borne]


def tiny_surface(ranker: bool = True, **slate: Any) -> Surface:
    """`shorts` with small models and the sources that exist; `slate` overrides its keys, `ranker` leaves it out."""
    content = yaml.safe_load(load("shorts").model_dump_json())
    content["lacks"] = sorted(content["lacks"])
    content["retrieval"] = {
        name: source | {"config": SMALL.get(name, {})}
        for name, source in content["retrieval"].items()
        if name in models.MODELS
    }
    content["slate"]["exploration"]["newest"] = 0
    content["slate"] |= slate
    if not ranker:
        content |= {"ranker": None, "value": {}}
    return Surface.model_validate(content)


def build_tiny_release(
    folder: Path, release_id: str = f"{DAY}-aaaaaaaaaa", seed: int = 1, surface: Surface | None = None
) -> str:
    """Make the release `release_id` below `folder` (a surface's releases); the same seed gives the same models."""
    surface = surface or tiny_surface()
    release = folder / release_id
    shutil.copytree(_trained(seed, surface.ranker is not None), release)
    (release / "surface.yaml").write_text(yaml.safe_dump(surface.model_dump(mode="json"), sort_keys=False))
    seal(release, surface)
    return release_id


def seal(release: Path, surface: Surface, feature_schema: str | None = None) -> None:
    """Write a manifest that is right about the files in `release`."""
    Manifest(
        release_id=release.name,
        surface=surface.surface,
        day=release.name[:10],
        files=digests(release),
        tables={"gold.samples": {"version": 3, "rows": 400, "hash": "00"}},
        sources=tuple(surface.retrieval),
        feature_schema=feature_schema or schema_hash(registry(surface)),
        code="code",
        lock="lock",
    ).write(release)


@functools.cache
def _trained(seed: int, ranker: bool) -> Path:
    """Models and features once a test run, in a folder that lives as long as the process."""
    keep = TemporaryDirectory()
    _KEPT.append(keep)
    folder, surface = Path(keep.name) / "release", tiny_surface(ranker)
    positives, catalogue = _positives(seed), _catalogue()
    (folder / "index").mkdir(parents=True)
    for name, source in surface.retrieval.items():
        model = models.create(name, source.config)
        model.fit(positives, _nothing(), catalogue, seed)
        (folder / name).mkdir()
        model.save(folder / name)
        if isinstance(model, FactorRetriever):
            ItemIndex.build("flat", model.item_vectors, seed).save(folder / "index" / f"{name}.faiss")
    if ranker:
        _ranker(surface, folder / "ranker", seed)
    _features(surface, folder / "features", positives, seed)
    return folder


_KEPT: list[TemporaryDirectory[str]] = []


def _positives(seed: int) -> Interactions:
    """Each user responded to eight items of their topic; late items first in the alphabet of popularity."""
    rng = np.random.default_rng(seed)
    rows = []
    for n, user in enumerate(USERS):
        liked = [item for item in ITEMS if topic(item) == TOPICS[n % len(TOPICS)]]
        rows += [(user, item) for item in rng.choice(liked, 8, replace=False)]
    times = np.arange(len(rows), dtype=np.int64) * 60_000_000 + 1_767_225_600_000_000
    users, items = zip(*rows, strict=True)
    return Interactions(strings(users), strings(items), np.ones(len(rows), np.float32), times)


def _nothing() -> Interactions:
    return Interactions(strings([]), strings([]), np.zeros(0, np.float32), np.zeros(0, np.int64))


def _catalogue() -> Catalogue:
    return Catalogue(
        item_ids=strings(ITEMS),
        creators=strings(creator(item) for item in ITEMS),
        topics=strings(topic(item) for item in ITEMS),
        content=np.zeros((len(ITEMS), 0), np.float32),
        created=np.full(len(ITEMS), 1_767_225_600_000_000, np.int64),
    )


def _ranker(surface: Surface, folder: Path, seed: int) -> None:
    """A ranker that has learnt that users click their own topic."""
    rng = np.random.default_rng(seed)
    n, features = 2000, registry(surface)
    users, items = rng.integers(0, len(USERS), n), rng.integers(0, len(ITEMS), n)
    match = (users % 4 == items % 4).astype(np.float32)
    dense = rng.normal(size=(n, len(features))).astype(np.float32)
    data = RankerData(
        dense=dense,
        categories={
            "user_id": strings(USERS[u] for u in users),
            "item_id": strings(ITEMS[i] for i in items),
            "creator_id": strings(creator(ITEMS[i]) for i in items),
            "topic": strings(topic(ITEMS[i]) for i in items),
            "country": strings("DE" for _ in range(n)),
            "device": strings("phone" for _ in range(n)),
        },
        position=rng.integers(0, 10, n),
        labels={head: (rng.random(n) < 0.1 + 0.6 * match).astype(np.float32) for head in head_kinds(surface)},
        weights=np.ones(n, np.float32),
    )
    ranker = Ranker(head_kinds(surface), {"epochs": 2}, tuple(f.name for f in features), schema_hash(features))
    ranker.fit(data, data, seed)
    folder.mkdir()
    ranker.save(folder)
    Calibration({head: Calibrator("scale", a=0.5) for head in ranker.heads}).save(folder)


def _features(surface: Surface, folder: Path, positives: Interactions, seed: int) -> None:
    folder.mkdir()
    rng = np.random.default_rng(seed)
    keys = {
        "user": USERS,
        "item": ITEMS,
        "creator": sorted({creator(item) for item in ITEMS}),
        "topic": TOPICS,
        "user_topic": [SEPARATOR.join((user, name)) for user in USERS for name in TOPICS[:2]],
        "user_creator": [SEPARATOR.join((user, f"c{n % 12}")) for n, user in enumerate(USERS)],
    }
    for entity, ids in keys.items():
        columns = {f.name: rng.random(len(ids)).astype(np.float32) for f in batch(surface, entity)}
        pq.write_table(pa.table({"key": ids, **columns}), folder / f"{entity}.parquet")
    history = {user: positives.items[positives.users == user].tolist() for user in USERS}
    lists = pa.array(list(history.values()), pa.list_(pa.string()))
    pq.write_table(pa.table({"key": USERS, "items": lists}), folder / "sequence.parquet")
    pq.write_table(pa.table({"user_id": USERS, "items": lists}), folder / "seen.parquet")
    pq.write_table(_catalogue_rows(), folder / "catalogue.parquet")


def _catalogue_rows() -> pa.Table:
    created = [AT - timedelta(hours=n + 1) for n in range(len(ITEMS))]
    return pa.table(
        {
            "item_id": ITEMS,
            "creator_id": [creator(item) for item in ITEMS],
            "topic": [topic(item) for item in ITEMS],
            "tags": pa.array([tags(item) for item in ITEMS], pa.list_(pa.string())),
            "title": [f"title of {item}" for item in ITEMS],
            "created_at": pa.array(created, pa.timestamp("us", tz="UTC")),
            "duration_s": pa.array([10.0 + n for n in range(len(ITEMS))], pa.float32()),
        }
    )
