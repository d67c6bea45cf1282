"""GET /v1/{surface}/release: which release answers, and what it was made from."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from serving.release.loaded import LoadedRelease
from serving.web.service import NO_RELEASE, NO_SURFACE, Service


class ReleaseResponse(BaseModel):
    """The release that answers now."""

    surface: str
    release_id: str
    day: str
    sources: list[str]
    items: int
    feature_schema: str
    tables: dict[str, dict[str, str | int]]


def router(service: Service) -> APIRouter:
    """The route that describes the live release."""
    routes = APIRouter()

    @routes.get("/v1/{surface}/release", responses=NO_SURFACE | NO_RELEASE)
    def _live_release(surface: str) -> ReleaseResponse:
        """Which release answers for the surface, and what it was made from."""
        return _described(service.release(surface))

    return routes


def _described(release: LoadedRelease) -> ReleaseResponse:
    manifest = release.manifest
    return ReleaseResponse(
        surface=manifest.surface,
        release_id=manifest.release_id,
        day=manifest.day,
        sources=list(release.quotas),
        items=len(release.catalogue),
        feature_schema=manifest.feature_schema,
        tables=manifest.tables,
    )
