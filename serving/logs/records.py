"""One answer as rows of the log layers, by the contracts of `schemas.logs`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from schemas.logs import CANDIDATE, IMPRESSION, RANKING, REQUEST
from serving.dice import chance
from serving.logs.by_candidate import known_features, maps, missing_features
from serving.pipeline import Answer
from serving.release.loaded import SURFACE_FILE, LoadedRelease

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
    """`layers_of` with every row made."""
    return {layer: list(rows) for layer, rows in layers_of(answer, sample).items()}


def layers_of(answer: Answer, sample: float, unlogged: int = 0) -> dict[str, Iterable[Row]]:
    """Layer to rows: the request, its impressions and, for a share `sample` of requests, candidates and ranking, whose
    rows are made one by one as they are asked for.

    `unlogged`: how many requests before this one are missing from the log. What a slate that was drawn beforehand was
    drawn from is logged nowhere.
    """
    sampled = is_sampled(answer.ask.request_id, sample) and answer.ask.drawn_at is None
    request = request_row(answer, sampled) | ({"unlogged": unlogged} if unlogged else {})
    rows: dict[str, Iterable[Row]] = {REQUEST.name: [request], IMPRESSION.name: impression_rows(answer)}
    if sampled:
        rows |= {CANDIDATE.name: candidate_rows(answer), RANKING.name: ranking_rows(answer)}
    return rows


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


def candidate_rows(answer: Answer) -> Iterator[Row]:
    """What each source offered, in its order."""
    ids, at = answer.release.catalogue.ids, written(answer.ask.at)
    same = {"schema_version": CANDIDATE.version, "request_id": answer.ask.request_id, "retrieved_at": at}
    for source, offer in answer.offers.by_source.items():
        for rank, (item, score) in enumerate(zip(ids[offer.rows].tolist(), offer.scores.tolist(), strict=True)):
            yield _scored({**same, "item_id": item, "source": source, "rank": rank}, "score", score)


def ranking_rows(answer: Answer) -> Iterator[Row]:
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
    for value, *row in zip(values, *columns.values(), strict=True):
        yield _scored({**same, **dict(zip(columns, row, strict=True))}, "value", value)


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


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(np.float32(value)) for name, value in values.items() if np.isfinite(value)}
