"""GET /healthz: whether every surface is served by the release that should serve it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from serving.release.live import LiveSurface
from serving.web.service import Service


class SurfaceHealth(BaseModel):
    """One surface: the release that answers, if any, and what is wrong with the one that should, if anything.

    `alarm`: slates broke more rules than the surface's policy lets pass, and what the server did about it.
    """

    release_id: str | None
    problem: str | None
    alarm: str | None


class HealthResponse(BaseModel):
    """`degraded`: some surface should be served by a release that cannot be, or was left; an older one goes on
    meanwhile."""

    status: Literal["ok", "degraded"]
    surfaces: dict[str, SurfaceHealth]


def router(service: Service) -> APIRouter:
    """The route that tells the server's health."""
    routes = APIRouter()

    @routes.get("/healthz")
    def _health() -> HealthResponse:
        """Whether every surface is served by the release that should serve it."""
        found = {name: _health_of(surface) for name, surface in service.surfaces.items()}
        ill = any(health.problem or health.alarm for health in found.values())
        return HealthResponse(status="degraded" if ill else "ok", surfaces=found)

    return routes


def _health_of(surface: LiveSurface) -> SurfaceHealth:
    release = surface.release
    return SurfaceHealth(
        release_id=release.release_id if release else None, problem=surface.problem, alarm=surface.alarm
    )
