"""The HTTP server: answers from the live release of each surface."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException

from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.live import LiveSurface, Watcher
from serving.release.loaded import LoadedRelease
from serving.web.api import (
    HealthResponse,
    RecommendRequest,
    RecommendResponse,
    ReleaseResponse,
    SurfaceHealth,
    response,
)
from surfaces.load import names

WRONG: dict[int | str, dict[str, Any]] = {
    404: {"description": "no such surface"},
    503: {"description": "the surface has no live release yet"},
}


def create_app(releases: Path, surfaces: Iterable[str] | None = None, interval: float = 0.25) -> FastAPI:
    """An application that serves `surfaces` (default: every surface file) from `releases/<surface>`.

    Which release is live is looked up every `interval` seconds.
    """
    live = {name: LiveSurface(releases / name) for name in (names() if surfaces is None else surfaces)}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watcher = Watcher(live.values(), interval)
        watcher.start()
        yield
        watcher.stop()

    app = FastAPI(title="Feedmill", description="Slates from the live release of each surface.", lifespan=lifespan)

    @app.post("/v1/{surface}/recommend", responses=WRONG)
    def _recommend(surface: str, request: RecommendRequest) -> RecommendResponse:
        """A slate for a user, known or not."""
        return response(recommend(_release(live, surface), _ask(request)))

    @app.get("/v1/{surface}/release", responses=WRONG)
    def _live_release(surface: str) -> ReleaseResponse:
        """Which release answers for the surface, and what it was made from."""
        return _described(_release(live, surface))

    @app.get("/healthz")
    def _health() -> HealthResponse:
        """Whether every surface is served by the release that should serve it."""
        found = {name: _surface_health(surface) for name, surface in live.items()}
        ill = any(health.problem for health in found.values())
        return HealthResponse(status="degraded" if ill else "ok", surfaces=found)

    return app


def _release(live: dict[str, LiveSurface], surface: str) -> LoadedRelease:
    if surface not in live:
        raise HTTPException(404, f"there is no surface {surface!r}; surfaces are: {', '.join(sorted(live))}")
    found = live[surface]
    release = found.release
    if release is None:
        why = found.problem or "no release of it is live yet; a night that ships makes one"
        raise HTTPException(503, f"surface {surface!r} cannot answer: {why}")
    return release


def _ask(request: RecommendRequest) -> Ask:
    context = request.context
    return Ask(
        request_id=request.request_id or uuid.uuid4().hex,
        at=datetime.now(UTC),
        user_id=request.user_id,
        country=context.country,
        device=context.device,
        network=context.network,
        history=None if context.history is None else tuple(context.history),
        size=request.size,
    )


def _described(release: LoadedRelease) -> ReleaseResponse:
    manifest = release.manifest
    return ReleaseResponse(
        surface=manifest.surface,
        release_id=manifest.release_id,
        day=manifest.day,
        sources=list(release.sources),
        items=len(release.catalogue),
        feature_schema=manifest.feature_schema,
        tables=manifest.tables,
    )


def _surface_health(surface: LiveSurface) -> SurfaceHealth:
    release = surface.release
    return SurfaceHealth(release_id=release.release_id if release else None, problem=surface.problem)
