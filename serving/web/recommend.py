"""POST /v1/{surface}/recommend: a slate for a user, known or not."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from fastapi import APIRouter

from serving.ask import Ask
from serving.pipeline import recommend
from serving.web.api import RecommendRequest, RecommendResponse, response
from serving.web.service import NO_RELEASE, NO_SURFACE, Service


def router(service: Service) -> APIRouter:
    """The route that answers."""
    routes = APIRouter()

    @routes.post("/v1/{surface}/recommend", responses=NO_SURFACE | NO_RELEASE)
    def _recommend(surface: str, request: RecommendRequest) -> RecommendResponse:
        """A slate for a user, known or not."""
        return response(recommend(service.release(surface), _ask(request)))

    return routes


def _ask(request: RecommendRequest) -> Ask:
    context = request.context
    return Ask(
        request_id=request.request_id or uuid.uuid4().hex,
        at=datetime.now(UTC),
        user_id=request.user_id,
        session_id=request.session_id,
        country=context.country,
        device=context.device,
        network=context.network,
        history=None if context.history is None else tuple(context.history),
        seen=tuple(context.seen),
        size=request.size,
    )
