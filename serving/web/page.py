"""GET /: a page to try a user on; POST /v1/{surface}/what_if: the slate under other weights or rules, not served."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from serving.web.api import RecommendRequest, RecommendResponse, response
from serving.web.recommend import asked
from serving.web.service import NO_RELEASE, NO_SURFACE, Service
from surfaces.surface import Surface

PAGE = Path(__file__).with_name("page.html")
Weight = Annotated[float, Field(ge=-1e6, le=1e6)]


class Change(BaseModel):
    """`value`: other weights of heads. `slate`: other keys of the surface's slate; rules that are null go."""

    model_config = ConfigDict(extra="forbid")

    value: dict[str, Weight] = {}
    slate: dict[str, int | float | str | bool | None] = {}


class WhatIfRequest(RecommendRequest):
    """A request, and what would be changed for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"user_id": "u17", "change": {"value": {"like": 9.0}, "slate": {"max_per_creator": 1}}}]
        }
    )

    change: Change = Change()


class WhatIfResponse(BaseModel):
    """Two answers to one request by one release; neither is logged, and nobody is shown either."""

    served: RecommendResponse
    changed: RecommendResponse


class SurfaceSettings(BaseModel):
    """What of a surface the page lets one change, as it stands."""

    surface: str
    value: dict[str, float]
    slate: dict[str, Any]
    some_users: list[str]


def router(service: Service) -> APIRouter:
    """The page and what it asks for."""
    routes = APIRouter()

    @routes.get("/", response_class=HTMLResponse, include_in_schema=False)
    def _page() -> HTMLResponse:
        return HTMLResponse(_html())

    @routes.get("/v1/surfaces")
    def _surfaces() -> list[SurfaceSettings]:
        """Every surface that can answer now, with its value weights and slate rules."""
        able = ((name, surface.release) for name, surface in service.surfaces.items())
        return [_settings(name, release) for name, release in able if release is not None]

    @routes.post("/v1/{surface}/what_if", responses=NO_SURFACE | NO_RELEASE)
    def _what_if(surface: str, request: WhatIfRequest) -> WhatIfResponse:
        """The slate as it is and as it would be: nothing is served, logged or counted."""
        release = service.release(surface)
        ask = service.informed(release, asked(request, service.user(surface, request.user_id), service.clock()))
        other = replace(release, surface=_changed(release.surface, request.change))
        # Arms would be laid over the change; it is compared with the surface as the file has it.
        plain = replace(ask, arms=())
        return WhatIfResponse(served=response(recommend(release, plain)), changed=response(recommend(other, plain)))

    return routes


@functools.cache
def _html() -> str:
    return PAGE.read_text()


def _settings(name: str, release: LoadedRelease) -> SurfaceSettings:
    users = [user for user, _ in zip(release.seen.row_of, range(5), strict=False)]
    slate = release.surface.slate.model_dump(mode="json")
    return SurfaceSettings(surface=name, value=release.surface.value, slate=slate, some_users=users)


def _changed(surface: Surface, change: Change) -> Surface:
    foreign = [head for head in change.value if head not in surface.value]
    if foreign:
        words = f"found {foreign[0]!r}; allowed are {', '.join(surface.value) or 'none: nothing is weighed'}"
        raise RequestValidationError([{"type": "value_error", "loc": ("body", "change", "value"), "msg": words}])
    try:
        slate = type(surface.slate).model_validate(surface.slate.model_dump() | change.slate)
    except ValidationError as error:
        faults = [
            {**one, "loc": ("body", "change", "slate", *one["loc"])} for one in error.errors(include_context=False)
        ]
        raise RequestValidationError(faults) from None
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return surface.model_copy(update={"value": {**surface.value, **change.value}, "slate": slate})
