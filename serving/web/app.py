"""The HTTP server: one router for each concern, over what they share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from serving.logs.writer import Clock
from serving.web import admin, health, items, metrics, outcomes, page, recommend, release, requests, users
from serving.web.limits import BodyLimit
from serving.web.service import Service, wall_clock
from surfaces.load import load, names
from surfaces.surface import Surface

ROUTERS = (
    page.router,
    outcomes.router,
    requests.router,
    users.router,
    admin.router,
    recommend.router,
    items.router,
    release.router,
    health.router,
    metrics.router,
)
"""In the order in which a path is looked for."""


def create_app(
    home: Path,
    surfaces: Iterable[Surface] | None = None,
    interval: float = 0.25,
    clock: Clock = wall_clock,
    *,
    patient: bool = False,
) -> FastAPI:
    """An application that serves `surfaces` (default: every surface file) from `home`/releases/<surface>.

    It logs to `home`/landing/<surface>. Which release is live is looked up every `interval` seconds. `patient`:
    nothing has a deadline, as in simulated time, in which a busy machine must leave no trace. Raises UserError
    for a surface file or a key of the pseudonyms that is wrong.
    """
    service = Service.of(home, map(load, names()) if surfaces is None else surfaces, clock, patient=patient)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with service.running(interval):
            yield

    app = FastAPI(title="Feedmill", description="Slates from the live release of each surface.", lifespan=lifespan)
    app.state.service = service
    app.add_middleware(BodyLimit)
    for router in ROUTERS:
        app.include_router(router(service))
    return app
