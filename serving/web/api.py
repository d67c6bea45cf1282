"""What goes over the wire: requests with their limits, and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from serving.logs.records import impression_id
from serving.pipeline import Answer
from serving.slate.draw import Draw

Id = Annotated[str, Field(min_length=1, max_length=128)]
MAX_SIZE = 100
MAX_HISTORY = 200
MAX_SEEN = 1000


class Context(BaseModel):
    """Where the request comes from.

    `area`: a place such as a delivery zone, as the tags of items name it. `history`: items consumed before, oldest
    first, if the caller knows them best. `seen`: items not to show again.
    """

    model_config = ConfigDict(extra="forbid")

    country: Annotated[str, Field(min_length=2, max_length=2)] | None = None
    device: Id | None = None
    area: Id | None = None
    network: Id | None = None
    history: Annotated[list[Id], Field(max_length=MAX_HISTORY)] | None = None
    seen: Annotated[list[Id], Field(max_length=MAX_SEEN)] = []


class RecommendRequest(BaseModel):
    """Ask for a slate.

    Without `user_id` the asker is unknown; without `request_id` the server makes one. `dry_run`: answer, but log
    nothing, as if it had not been asked.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"user_id": "u17", "context": {"country": "DE", "device": "phone"}, "size": 10}]
        },
    )

    user_id: Id | None = None
    request_id: Id | None = None
    session_id: Id | None = None
    context: Context = Context()
    size: Annotated[int, Field(ge=1, le=MAX_SIZE)] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One slot of the slate.

    `propensity`: probability of this item at this position given the items above. `eligible`: items it was drawn
    from. `relaxed`: rules that had to give way. `value` is null and `sources` empty for an item of the reserve.
    """

    position: int
    impression_id: str
    item_id: str
    creator_id: str | None
    topic: str | None
    title: str | None
    sources: list[str]
    scores: dict[str, float]
    value: float | None
    propensity: float
    eligible: int
    explored: bool
    relaxed: list[str]


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage kept, what it removed by reason, and its wall time."""

    stage: str
    kept: int
    removed: dict[str, int]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class RecommendResponse:
    """A slate and how it came about."""

    request_id: str
    surface: str
    release_id: str
    policy: str
    known_user: bool
    items: list[Shown]
    stages: list[Stage]


def response(answer: Answer) -> RecommendResponse:
    """`answer` as the caller is told of it."""
    release = answer.release
    return RecommendResponse(
        request_id=answer.ask.request_id,
        surface=release.surface.surface,
        release_id=release.release_id,
        policy=answer.slate.policy,
        known_user=answer.person.known,
        items=[_shown(answer, position) for position in range(len(answer.slate.slots))],
        stages=stages(answer),
    )


def sent(answer: Answer) -> Response:
    """`response` as JSON: plain records in one pass, since nothing that this program made needs validation."""
    return Response(orjson.dumps(response(answer)), media_type="application/json")


def stages(answer: Answer) -> list[Stage]:
    """What each stage of `answer` kept, removed and took."""
    return [
        Stage(stage=one.stage, kept=one.kept, removed=dict(one.removed), milliseconds=round(one.milliseconds, 3))
        for one in answer.trace.stages
    ]


def _shown(answer: Answer, position: int) -> Shown:
    slot = answer.slate.slots[position]
    catalogue = answer.release.catalogue
    ranked = slot.candidate >= 0
    drawn: Draw = slot.draw
    return Shown(
        position=position,
        impression_id=impression_id(answer.ask.request_id, position),
        item_id=catalogue.ids[slot.row],
        creator_id=catalogue.creators.values[slot.row] or None,
        topic=catalogue.topics.values[slot.row] or None,
        title=catalogue.titles[slot.row] or None,
        sources=list(answer.candidates.sources[slot.candidate]) if ranked else [],
        scores={h: float(s[slot.candidate]) for h, s in answer.scores.calibrated.items()} if ranked else {},
        value=float(answer.values.value[slot.candidate]) if ranked else None,
        propensity=drawn.propensity,
        eligible=drawn.eligible,
        explored=drawn.explored,
        relaxed=list(drawn.relaxed),
    )
