"""GET /v1/requests/{id}: the path of each shown item of a recent request through the stages."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from serving.explain import Path, explain
from serving.pipeline import Answer, recommend
from serving.web.api import Stage, stages
from serving.web.recent import Asked
from serving.web.service import Service

GONE: dict[int | str, dict[str, Any]] = {
    404: {"description": "not among the last requests of this server"},
    410: {"description": "the release that answered is no longer in this server's memory"},
}


class OfferedBy(BaseModel):
    """One source that brought the item: its rank there, from 0, and the source's own score."""

    source: str
    rank: int
    score: float


class ItemPath(BaseModel):
    """One shown item, stage by stage; what no source offered (an item of the reserve) was merged and scored nowhere.

    `contributions` (weight times calibrated score, by head) add up to `value`. Ranks count from 0.
    """

    position: int
    item_id: str
    offered: list[OfferedBy]
    merged_rank: int | None
    merged_score: float | None
    features: dict[str, float]
    missing: list[str]
    raw_scores: dict[str, float]
    scores: dict[str, float]
    contributions: dict[str, float]
    value: float | None
    value_rank: int | None
    propensity: float
    eligible: int
    explored: bool
    reason: str
    relaxed: tuple[str, ...]


class ExplainResponse(BaseModel):
    """One request, answered again from the same release: the same answer, told in full."""

    request_id: str
    surface: str
    release_id: str
    requested_at: datetime
    user_id: str | None
    known_user: bool
    history: int
    seen: int
    stages: list[Stage]
    items: list[ItemPath]


def router(service: Service) -> APIRouter:
    """The route that explains."""
    routes = APIRouter()

    @routes.get("/v1/requests/{request_id}", responses=GONE)
    def _explain(request_id: str) -> ExplainResponse:
        """Why each item of a recent slate stood where it did."""
        asked = service.recent.find(request_id)
        if asked is None:
            last = f"the last {service.recent.size:,} requests of this server"
            raise HTTPException(
                404, f"request {request_id!r} is not among {last}; `feedmill replay SURFACE REQUEST_ID` reads the logs"
            )
        return _told(asked, _answer(service, asked))

    return routes


def _answer(service: Service, asked: Asked) -> Answer:
    release = service.surface(asked.surface).held(asked.release_id, asked.ask.posted)
    if release is None:
        raise HTTPException(
            410,
            f"release {asked.release_id} answered and is no longer in memory; "
            f"`feedmill replay {asked.surface} REQUEST_ID` answers again from the disk",
        )
    return recommend(release, asked.ask)


def _told(asked: Asked, answer: Answer) -> ExplainResponse:
    return ExplainResponse(
        request_id=asked.ask.request_id,
        surface=asked.surface,
        release_id=asked.release_id,
        requested_at=asked.ask.at,
        user_id=asked.ask.user_id,
        known_user=answer.person.known,
        history=len(answer.person.history),
        seen=len(answer.person.seen),
        stages=stages(answer),
        items=[_item(path) for path in explain(answer)],
    )


def _item(path: Path) -> ItemPath:
    told = asdict(path)
    return ItemPath.model_validate(told | told.pop("draw"))
