"""A lake written without Spark: 40 users of two tastes and 60 items over some days; who is shown what is drawn, and
nearly every click is on the own taste. So a model that learns tastes beats most-popular, plainly."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from features import tables
from features.entities import SEPARATOR
from features.registry import registry, schema_hash
from jobs import index, train_retrieval
from jobs.gold.ranker_samples import ranker_samples
from jobs.night import Night, days_between
from lake.home import Home
from models.calibration import Calibration, Calibrator
from models.ranker import Ranker
from models.ranker_data import from_samples, head_kinds
from schemas.contract import Contract
from schemas.tables import SEQUENCE, SILVER_ITEM
from surfaces.surface import Surface

FIRST, LAST = date(2026, 1, 4), date(2026, 1, 8)
USERS = [f"u{n:02}" for n in range(40)]
VALIDATED = {"expectations": 9, "failed": 0, "warned": 0, "docs": "data_docs/index.html"}
"""The figures of step `validate` on a good day."""
ITEMS = [f"i{n:02}" for n in range(60)]
HERE, THERE = ZONES = ("07", "08")


def tiny_surface(**changes: Any) -> Surface:
    """Two binary outcomes, three sources, a small ranker; `like` is known a day later than `click`."""
    content: dict[str, Any] = {
        "surface": "tiny",
        "description": "two tastes",
        "outcomes": {"click": {"window": "30m"}, "like": {"window": "1d"}},
        "training": {"window_days": 4, "positives": {"click": 1.0}},
        "retrieval": {
            "als": {"max_quota": 40, "config": {"embedding_size": 4, "epochs": 8}},
            "item_item": {"max_quota": 40},
            "popular": {"min_quota": 2, "max_quota": 10},
        },
        "ranker": {
            "heads": ["click", "like"],
            "config": {"epochs": 8, "batch_size": 64, "hidden": 16, "embedding_size": 4},
        },
        "value": {"click": 1.0},
        "slate": {"size": 5, "candidates": 40},
        "gates": {"min_positives": 10, "max_ece": 0.2},
    }
    return Surface.model_validate(content | changes)


def tiny_night(home: Home, surface: Surface | None = None, day: date = LAST) -> Night:
    return Night(surface or tiny_surface(), day, home)


def zone(item: str) -> str:
    """Two items in three are here, where everybody is; a surface may bind items to zones or not."""
    return HERE if int(item[1:]) % 3 else THERE


def taste(name: str) -> int:
    """Even users like even items."""
    return int(name[1:]) % 2


def write_lake(night: Night, first: date = FIRST, seed: int = 0) -> None:
    """Every table that the jobs after `features` read, for the days from `first` to the night's."""
    days = days_between(first, night.day)
    rows = [row for day in days for row in _impressions(night, day, seed)]
    for table in (tables.labelled(night.surface), tables.samples(night.surface)):
        _write(night, rows, table)
    items = [
        {"item_id": item, "topic": f"t{taste(item)}", "title": item.upper(), "tags": [f"zone:{zone(item)}"]}
        for item in ITEMS
    ]
    described = [item | {"schema_version": 1, "known_from": first, "updated_at": _at(first, 0)} for item in items]
    _write(night, described, SILVER_ITEM)
    as_of = [day - timedelta(days=1) for day in days] + [night.day]
    for entity, table in tables.entity_tables(night.surface).items():
        _write(night, [row for day in as_of for row in _features(night, entity, day)], table)
    _write(night, [row for day in as_of for row in _sequences(rows, day)], SEQUENCE)


def train(night: Night) -> None:
    """The artifacts that the steps before `evaluate` write."""
    for source in dict.fromkeys((*night.surface.retrieval, "popular")):
        train_retrieval.run(night, source)
    if night.surface.ranker is not None:
        train_ranker(night)
    index.run(night)


def train_ranker(night: Night) -> None:
    """A ranker on the training days, left uncalibrated."""
    rows = ranker_samples(night, night.training_days)
    data = from_samples(rows, night.surface, night.day)
    features, kinds = registry(night.surface), head_kinds(night.surface)
    names = tuple(feature.name for feature in features)
    ranker = Ranker(kinds, night.surface.ranker.config, names, schema_hash(features))  # type: ignore[union-attr]
    report = ranker.fit(data, data, night.seed("ranker"))
    with night.writing("ranker") as folder:
        ranker.save(folder)
        Calibration(dict.fromkeys(kinds, Calibrator("identity"))).save(folder)
        (folder / "fit.json").write_text(json.dumps(asdict(report)))


def _impressions(night: Night, day: date, seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng([seed, day.toordinal()])
    rows = []
    for user in USERS:
        for position, item in enumerate(rng.choice(ITEMS, 8, replace=False)):
            click = float(rng.random() < (0.9 if taste(user) == taste(item) else 0.05))
            rows.append(_row(night, day, user, item=str(item), position=position, click=click))
    return rows


def _row(night: Night, day: date, user: str, *, item: str, position: int, click: float) -> dict[str, Any]:
    match = 1.0 if taste(user) == taste(item) else 0.0
    entity_of = {feature.name: feature.entity for feature in registry(night.surface) if feature.tier == "batch"}
    batch = {name: match if entity == "user_topic" else 0.1 for name, entity in entity_of.items()}
    labels = {"click": click, "click_known": day, "click_seen": click}
    labels |= {"like": click, "like_known": day + timedelta(days=1), "like_seen": 0.0}
    return (
        batch
        | labels
        | {
            "event_day": day,
            "impression_id": f"{day}-{user}-{position}",
            "request_id": f"{day}-{user}",
            "user_id": user,
            "item_id": item,
            "position": position,
            "shown_at": _at(day, int(user[1:])),
            "arrival_day": day,
            "known_from": day,
            "country": "DE",
            "device": "phone",
            "area": HERE,
            "history_length": 3,
            "topic": f"t{taste(item)}",
            "creator_id": f"c{int(item[1:]) // 6}",
        }
    )


def _features(night: Night, entity: str, day: date) -> list[dict[str, Any]]:
    names = [
        feature.name for feature in registry(night.surface) if feature.entity == entity and feature.tier == "batch"
    ]
    crossed = {SEPARATOR.join((user, f"t{topic}")): float(taste(user) == topic) for user in USERS for topic in (0, 1)}
    keys = {"item": dict.fromkeys(ITEMS, 0.1), "user": dict.fromkeys(USERS, 0.1), "user_topic": crossed}
    found = keys.get(entity, {})
    return [{"as_of": day, "key": key, **dict.fromkeys(names, value)} for key, value in found.items()]


def _sequences(rows: list[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    liked: dict[str, list[str]] = {}
    for row in rows:
        if row["event_day"] <= day and row["click"]:
            liked.setdefault(row["user_id"], []).append(row["item_id"])
    return [{"as_of": day, "user_id": user, "items": items[-50:], "times": []} for user, items in liked.items()]


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(9, minute), UTC)


def _write(night: Night, rows: list[dict[str, Any]], table: Contract) -> None:
    night.lake.write_arrow(pa.Table.from_pylist(rows, table.arrow()), table, "true")
