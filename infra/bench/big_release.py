"""A release of any size with made-up numbers: what serving costs depends on shapes, not on what is learnt.

Vectors lie as trained ones do (those of a release of `shorts`): as spread over directions, as much in clusters, so that
inverted lists lose as many of a user's best items as they would there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from features.entities import SEPARATOR
from features.registry import batch, registry, schema_hash
from infra.bench.vectors import Cloud, Shape
from models.als import ALS
from models.calibration import Calibration, Calibrator
from models.index_recall import Judge, choose
from models.interface import Floats
from models.popular import Popular
from models.ranker import Ranker
from models.ranker_data import CATEGORIES, RankerData, head_kinds
from models.two_tower import TwoTower
from models.user_tower import UserTower
from models.vocabulary import Vocabulary, strings
from schemas.release import MANIFEST, Manifest, digests
from serving.release import slots
from surfaces.load import load
from surfaces.surface import Surface

DAY = "2026-01-08"
SIZE, HISTORY, CONTENT, SHOWN = 64, 20, 16, 20
HEADS = ("click", "like", "follow", "hide")
USERS, TOPICS, ITEMS_PER_CREATOR = 20_000, 40, 20
TRAINED = 20_000
SHAPES = {"als": Shape(40.0, 0.4), "two_tower": Shape(19.0, 0.65)}
QUERIES = 100


def surface(candidates: int) -> Surface:
    """`shorts` with two factor sources and most-popular, `candidates` to be ranked by four heads, 20 slots."""
    content = load("shorts").model_dump(mode="json")
    content["lacks"] = sorted(content["lacks"])
    content["retrieval"] = {
        "two_tower": {"max_quota": round(candidates * 0.6)},
        "als": {"max_quota": round(candidates * 0.6)},
        "popular": {"min_quota": 20, "max_quota": round(candidates * 0.3)},
    }
    content["ranker"] = {"heads": list(HEADS)}
    content["value"] = {head: weight for head, weight in content["value"].items() if head in HEADS}
    content["slate"] |= {"size": SHOWN, "candidates": candidates}
    content["index"] = {"kinds": ["ivf_pq", "pq"], "recall_at": round(candidates * 0.6), "queries": QUERIES}
    return Surface.model_validate(content)


def build(folder: Path, items: int, candidates: int, seed: int = 7) -> str:
    """Write a release of `items` below `folder` (the releases of a surface); its id."""
    rng, asked = np.random.default_rng(seed), surface(candidates)
    release = folder / f"{DAY}-{items:010d}"
    (release / "features").mkdir(parents=True)
    ids = strings(f"v{number:08d}" for number in range(items))
    clouds = {name: Cloud(shape, SIZE, items, rng) for name, shape in SHAPES.items()}
    vectors = {name: cloud.items(items) for name, cloud in clouds.items()}
    _models(release, ids, vectors, clouds["als"].users(USERS), rng)
    (release / "index").mkdir()
    asking = {name: cloud.users(QUERIES) for name, cloud in clouds.items()}
    found = {name: _index(release, name, one, asking[name], asked) for name, one in vectors.items()}
    (release / "index" / "index.json").write_text(json.dumps(found))
    _catalogue(release / "features" / "catalogue.parquet", ids, rng)
    _tables(release / "features", asked, ids, rng)
    _lists(release / "features", ids, rng)
    _ranker(release / "ranker", asked, ids, rng)
    (release / "surface.yaml").write_text(yaml.safe_dump(asked.model_dump(mode="json"), sort_keys=False))
    _seal(release, asked)
    return release.name


def another(folder: Path) -> str:
    """A release below `folder` with the same files as the live one and another id; its id."""
    live = slots.active_release(folder)
    assert live is not None, "a release is live"
    name = next(name for name in (f"{DAY}-again", f"{DAY}-and-again") if name != live.name)
    if not (folder / name).exists():
        shutil.copytree(live, folder / name, copy_function=os.link)
        (folder / name / MANIFEST).unlink()
        replace(Manifest.read(live), release_id=name).write(folder / name)
    return name


def _models(release: Path, ids: Any, vectors: Mapping[str, Floats], users: Floats, rng: np.random.Generator) -> None:
    known = Vocabulary(ids)
    als, tower, popular = ALS(embedding_size=SIZE), TwoTower(embedding_size=SIZE, history=HISTORY), Popular()
    for model in (als, tower):
        model.items, model.vectors, model.recommendable = known, vectors[model.name], len(ids)
    als.users, als.user_vectors = Vocabulary(strings(user_ids())), users
    tower.tower = _user_tower(rng)
    popular.items, popular.counts = known, np.sort(rng.random(len(ids)).astype(np.float32))[::-1].copy()
    for trained in (als, tower, popular):
        (release / trained.name).mkdir()
        trained.save(release / trained.name)


def _user_tower(rng: np.random.Generator) -> UserTower:
    shapes = {
        "position": (HISTORY,),
        "attention": (SIZE, SIZE),
        "wide": (2 * SIZE, 2 * SIZE),
        "wide_bias": (2 * SIZE,),
        "narrow": (2 * SIZE, SIZE),
        "narrow_bias": (SIZE,),
        "no_history": (SIZE,),
    }
    return UserTower(**{name: 0.1 * rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()})


def _index(release: Path, name: str, vectors: Floats, queries: Floats, asked: Surface) -> str:
    """The index that a night would choose; how it was measured, in words."""
    judge = Judge(vectors, queries, asked.index.recall_at, {})
    index, attempts = choose(judge, asked.index.kinds, asked.index.min_recall, 7)
    index.save(release / "index" / f"{name}.faiss")
    return f"{attempts[-1].kind}, recall@{judge.k} {attempts[-1].recall.overall:.3f}"


def _catalogue(path: Path, ids: Any, rng: np.random.Generator) -> None:
    n = len(ids)
    content = rng.normal(size=n * CONTENT).astype(np.float32)
    table = {
        "item_id": pa.array(ids),
        "creator_id": pa.array([f"c{row // ITEMS_PER_CREATOR:07d}" for row in range(n)]),
        "topic": pa.array([f"topic-{row % TOPICS}" for row in range(n)]),
        "tags": pa.array([None] * n, pa.list_(pa.string())),
        "title": pa.array([f"Clip {row}" for row in range(n)]),
        "created_at": pa.array(1_767_000_000_000_000 + np.arange(n), pa.timestamp("us", tz="UTC")),
        "duration_s": pa.array(5.0 + np.arange(n) % 100, pa.float32()),
        "content": pa.ListArray.from_arrays(np.arange(0, n * CONTENT + 1, CONTENT, dtype=np.int32), content),
    }
    pq.write_table(pa.table(table), path)


def _tables(folder: Path, asked: Surface, ids: Any, rng: np.random.Generator) -> None:
    users = user_ids()
    keys: dict[str, list[str]] = {
        "user": users,
        "item": ids.tolist(),
        "creator": [f"c{number:07d}" for number in range(len(ids) // ITEMS_PER_CREATOR + 1)],
        "topic": [f"topic-{number}" for number in range(TOPICS)],
        "user_topic": [SEPARATOR.join((user, f"topic-{n}")) for user in users for n in range(5)],
        "user_creator": [SEPARATOR.join((user, f"c{n:07d}")) for user in users for n in range(5)],
    }
    for entity, listed in keys.items():
        columns = {one.name: rng.random(len(listed), dtype=np.float32) for one in batch(asked, entity)}
        pq.write_table(pa.table({"key": listed, **columns}), folder / f"{entity}.parquet")


def user_ids() -> list[str]:
    """The users that the release knows."""
    return [f"u{number:06d}" for number in range(USERS)]


def _lists(folder: Path, ids: Any, rng: np.random.Generator) -> None:
    users = user_ids()
    for name, key, length in (("sequence", "key", HISTORY), ("seen", "user_id", 50)):
        flat = pa.array(ids[rng.integers(0, len(ids), len(users) * length)])
        starts = np.arange(0, len(flat) + 1, length, dtype=np.int32)
        lists = pa.ListArray.from_arrays(starts, flat)
        pq.write_table(pa.table({key: users, "items": lists}), folder / f"{name}.parquet")


def _ranker(folder: Path, asked: Surface, ids: Any, rng: np.random.Generator) -> None:
    features, n = registry(asked), TRAINED
    rows = rng.integers(0, len(ids), n)
    known: Mapping[str, list[str]] = {
        "user_id": [f"u{number:06d}" for number in rng.integers(0, USERS, n)],
        "item_id": ids[rows].tolist(),
        "creator_id": [f"c{row // ITEMS_PER_CREATOR:07d}" for row in rows],
        "topic": [f"topic-{row % TOPICS}" for row in rows],
        "country": ["DE"] * n,
        "device": ["phone"] * n,
    }
    data = RankerData(
        dense=rng.normal(size=(n, len(features))).astype(np.float32),
        categories={name: strings(known[name]) for name in CATEGORIES},
        position=rng.integers(0, SHOWN, n),
        labels={head: (rng.random(n) < 0.2).astype(np.float32) for head in HEADS},
        weights=np.ones(n, np.float32),
    )
    ranker = Ranker(head_kinds(asked), {"epochs": 1}, tuple(one.name for one in features), schema_hash(features))
    ranker.fit(data, data.take(slice(0, 100)), 7)
    folder.mkdir()
    ranker.save(folder)
    Calibration({head: Calibrator("platt", a=0.9, c=0.1) for head in HEADS}).save(folder)


def _seal(release: Path, asked: Surface) -> None:
    manifest = Manifest(
        release_id=release.name,
        surface=asked.surface,
        day=DAY,
        files={},
        tables={},
        sources=tuple(asked.retrieval),
        feature_schema=schema_hash(registry(asked)),
        code="",
        lock="",
    )
    replace(manifest, files=digests(release)).write(release)
