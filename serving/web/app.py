"""The HTTP server: one router for each concern, over what they share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from serving.release.live import LiveSurface, Watcher
from serving.web import health, recommend, release
from serving.web.service import Service
from surfaces.load import names

ROUTERS = (recommend.router, release.router, health.router)
"""In the order in which a path is looked for."""


def create_app(releases: Path, surfaces: Iterable[str] | None = None, interval: float = 0.25) -> FastAPI:
    """An application that serves `surfaces` (default: every surface file) from `releases/<surface>`.

    Which release is live is looked up every `interval` seconds.
    """
    service = Service({name: LiveSurface(releases / name) for name in (names() if surfaces is None else surfaces)})

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watcher = Watcher(service.surfaces.values(), interval)
        watcher.start()
        yield
        watcher.stop()

    app = FastAPI(title="Feedmill", description="Slates from the live release of each surface.", lifespan=lifespan)
    for router in ROUTERS:
        app.include_router(router(service))
    return app
