"""POST /v1/{surface}/recommend: a slate for a user, known or not, and its rows in the logs."""

from __future__ import annotations

import uuid
from datetime import datetime

from fastapi import APIRouter, Response

from serving.ask import Ask
from serving.fallback.guard import UNGUARDED
from serving.pipeline import Answer
from serving.web.api import RecommendRequest, RecommendResponse, sent
from serving.web.recent import Asked
from serving.web.service import NO_RELEASE, NO_SURFACE, Service


def router(service: Service) -> APIRouter:
    """The route that answers."""
    routes = APIRouter()

    @routes.post("/v1/{surface}/recommend", response_model=RecommendResponse, responses=NO_SURFACE | NO_RELEASE)
    def _recommend(surface: str, request: RecommendRequest) -> Response:
        """A slate for a user, known or not."""
        release, at = service.release(surface), service.clock()
        ask = asked(request, service.user(surface, request.user_id), at)
        answer = service.answer(release, ask, UNGUARDED if request.dry_run else service.guards[surface])
        if not request.dry_run:
            service.metrics.answered(answer)
            service.watched(surface).answered(answer)
            if answer.ask.drawn_at is None:
                service.shadows[surface].offer(answer)
            service.recent.add(Asked(surface, release.release_id, answer.ask))
            service.log(surface).request(answer, at)
            service.online.shown(release.surface, answer.ask, shown_items(answer))
        return sent(answer)

    return routes


def shown_items(answer: Answer) -> list[str]:
    """Ids of the items of the slate, from the top."""
    return [str(answer.release.catalogue.ids[slot.row]) for slot in answer.slate.slots]


def asked(request: RecommendRequest, user: str | None, at: datetime) -> Ask:
    """`request`, made `at` by `user` (the pseudonym of whoever it names)."""
    context = request.context
    return Ask(
        request_id=request.request_id or uuid.uuid4().hex,
        at=at,
        user_id=user,
        session_id=request.session_id,
        country=context.country,
        device=context.device,
        area=context.area,
        network=context.network,
        history=None if context.history is None else tuple(context.history),
        seen=tuple(context.seen),
        size=request.size,
    )
