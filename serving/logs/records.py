"""One answer as rows of the log layers, by the contracts of `schemas.logs`."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import compress
from typing import Any, TypeVar

import numpy as np
import orjson

from features.registry import registry
from models.interface import Floats
from schemas.logs import CANDIDATE, IMPRESSION, RANKING, REQUEST
from serving.dice import chance
from serving.logs.writer import Batch
from serving.pipeline import Answer
from serving.release.loaded import SURFACE_FILE, LoadedRelease

Given = TypeVar("Given")
Row = dict[str, Any]
"""One row of a layer, a null field left out. Numbers come back exactly: JSON has the shortest text of each float64,
which holds every float32."""

RESERVE = "reserve"
"""The source of an item that no retrieval source offered."""


def impression_id(request_id: str, position: int) -> str:
    """Ties outcomes to a slot; asking twice with the same request id gives the same."""
    return f"{request_id}:{position}"


def request_of(impression: str) -> str | None:
    """The request that an impression id of `impression_id` belongs to; None for an id of another making."""
    request, _, position = impression.rpartition(":")
    return request if request and position.isdecimal() else None


def is_sampled(request_id: str, share: float) -> bool:
    """Whether the candidate and ranking layers hold the request: whole requests, `share` of them."""
    return chance(request_id, "log sample") < share


def config_of(release: LoadedRelease) -> str:
    """The hash of the surface file in force."""
    return release.manifest.files.get(SURFACE_FILE, "")


def rows_of(answer: Answer, sample: float) -> dict[str, list[Row]]:
    """Layer to rows: the request, its impressions and, for a share `sample` of requests, candidates and ranking.

    What a slate that was drawn beforehand was drawn from is logged nowhere.
    """
    sampled = is_sampled(answer.ask.request_id, sample) and answer.ask.drawn_at is None
    rows = {REQUEST.name: [request_row(answer, sampled)], IMPRESSION.name: impression_rows(answer)}
    if sampled:
        rows |= {CANDIDATE.name: candidate_rows(answer), RANKING.name: ranking_rows(answer)}
    return rows


def encode(layers: Mapping[str, Iterable[Mapping[str, Any]]]) -> Batch:
    """`layers` (layer to its rows) as lines of JSON. Raises ValueError for a number that is not finite."""
    lines = {layer: [_line(row) for row in rows] for layer, rows in layers.items()}
    return Batch({layer: b"".join(some) for layer, some in lines.items()}, sum(len(some) for some in lines.values()))


def request_row(answer: Answer, sampled: bool) -> Row:
    """Who asked, when, in which context, answered by what: all that a replay needs besides the release."""
    ask, release = answer.ask, answer.release
    row = {
        "user_id": ask.user_id,
        "session_id": ask.session_id,
        "requested_at": written(ask.at),
        "country": ask.country,
        "device": ask.device,
        "area": ask.area,
        "network": ask.network,
        "history": answer.person.history,
        "release_id": release.release_id,
        "config": config_of(release),
        "policy": answer.slate.policy,
        "arms": list(ask.arms),
        "size": release.size_of(ask),
        "seen": list(ask.seen),
        "state": _finite(ask.state),
        "posted": ask.posted or None,
        "sampled": sampled,
        "drawn_at": None if ask.drawn_at is None else written(ask.drawn_at),
        "fallbacks": list(ask.fallbacks),
        "last_good": list(ask.last_good) or None,
    }
    return _row(REQUEST.version, answer, row)


def candidate_rows(answer: Answer) -> list[Row]:
    """What each source offered, in its order."""
    ids, at = answer.release.catalogue.ids, written(answer.ask.at)
    same = {"schema_version": CANDIDATE.version, "request_id": answer.ask.request_id, "retrieved_at": at}
    return [
        _scored({**same, "item_id": item, "source": source, "rank": rank}, "score", score)
        for source, offer in answer.offers.by_source.items()
        for rank, (item, score) in enumerate(zip(ids[offer.rows].tolist(), offer.scores.tolist(), strict=True))
    ]


def ranking_rows(answer: Answer) -> list[Row]:
    """Every candidate that was ranked, in the order of the merged list."""
    values = answer.values.value.tolist()
    same = {
        "schema_version": RANKING.version,
        "request_id": answer.ask.request_id,
        "feature_schema": answer.release.manifest.feature_schema,
        "ranked_at": written(answer.ask.at),
    }
    columns = {
        "item_id": answer.release.catalogue.ids[answer.candidates.rows].tolist(),
        "scores": maps(answer.scores.calibrated, len(values)),
        "raw_scores": maps(answer.scores.raw, len(values)),
        "features": known_features(answer),
        "missing": missing_features(answer),
    }
    rows = zip(values, *columns.values(), strict=True)
    return [_scored({**same, **dict(zip(columns, row, strict=True))}, "value", value) for value, *row in rows]


def impression_rows(answer: Answer) -> list[Row]:
    """What was shown, from the top, with the exact propensity of each slot."""
    ids, at = answer.release.catalogue.ids, written(answer.ask.at)
    return [
        _row(
            IMPRESSION.version,
            answer,
            {
                "impression_id": impression_id(answer.ask.request_id, position),
                "user_id": answer.ask.user_id,
                "item_id": str(ids[slot.row]),
                "position": position,
                "propensity": slot.draw.propensity,
                "source": answer.candidates.sources[slot.candidate][0] if slot.candidate >= 0 else RESERVE,
                "explored": slot.draw.explored,
                "eligible": slot.draw.eligible,
                "reason": slot.draw.reason,
                "relaxed": list(slot.draw.relaxed),
                "shown_at": at,
            },
        )
        for position, slot in enumerate(answer.slate.slots)
    ]


def written(at: datetime) -> str:
    """`at` as the logs write it: `2026-01-09T12:00:00.000000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _row(version: int, answer: Answer, fields: Row) -> Row:
    row = {"schema_version": version, "request_id": answer.ask.request_id, **fields}
    return {name: value for name, value in row.items() if value is not None}


def _scored(row: Row, name: str, value: float) -> Row:
    """`row` with its number `name`, which is null, and left out, where it is not finite."""
    if math.isfinite(value):
        row[name] = value
    return row


def _line(row: Mapping[str, Any]) -> bytes:
    """`row` as a line of JSON. What orjson refuses (half a surrogate pair), or may have written as null without a word
    (a number that is not finite), goes the slow way."""
    with contextlib.suppress(orjson.JSONEncodeError):
        line = orjson.dumps(row)
        if b"null" not in line:
            return line + b"\n"
    return json.dumps(row, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(np.float32(value)) for name, value in values.items() if np.isfinite(value)}


def maps(columns: Mapping[str, Floats], n: int) -> list[dict[str, float]]:
    """One map a row out of one (n,) array a name."""
    if not columns:
        return [{} for _ in range(n)]
    rows = np.stack(list(columns.values()), axis=1).tolist()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def feature_values(answer: Answer) -> list[dict[str, float]]:
    """The feature values of each candidate by name, as the ranker used them; empty where it was not asked."""
    values, names = answer.features.dense, _feature_names(answer)
    return [dict(zip(names, row, strict=True)) for row in values.tolist()] or _nothing(answer, {})


def known_features(answer: Answer) -> list[dict[str, float]]:
    """`feature_values` without those that were missing."""
    values, missing, names = answer.features.dense.tolist(), answer.features.missing, _feature_names(answer)
    rows = zip(values, (~missing).tolist(), strict=True)
    return [dict(compress(zip(names, row, strict=True), known)) for row, known in rows] or _nothing(answer, {})


def missing_features(answer: Answer) -> list[list[str]]:
    """The names of each candidate's features that were missing, late or expired and took their default."""
    names = _feature_names(answer)
    return [list(compress(names, row)) for row in answer.features.missing.tolist()] or _nothing(answer, [])


def _nothing(answer: Answer, empty: Given) -> list[Given]:
    return [empty] * answer.candidates.kept


def _feature_names(answer: Answer) -> list[str]:
    if not answer.features.dense.shape[1]:
        return []
    return [feature.name for feature in registry(answer.release.surface)]
