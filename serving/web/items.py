"""POST /v1/{surface}/items: new items, shown within seconds and taken in by the next night."""

from __future__ import annotations

from concurrent.futures import TimeoutError as TooSlow
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.errors import InfrastructureError
from schemas.logs import ITEM
from serving.logs.lines import encode
from serving.logs.records import written
from serving.online.store import StoreError
from serving.release.loaded import LoadedRelease
from serving.release.posted import PostedItem, content_size, place
from serving.web.api import Id
from serving.web.service import NO_RELEASE, NO_SURFACE, Service

MAX_ITEMS, MAX_CONTENT, MAX_TAGS = 100, 4096, 50
PATIENCE_S = 10.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_PLACE: dict[int | str, dict[str, Any]] = {
    409: {"description": "the live release cannot place new items: it brings no two-tower model with an item side"}
}
EXAMPLE: dict[str, Any] = {
    "items": [{"item_id": "v-new", "creator_id": "c12", "topic": "music", "title": "First take"}]
}


class SentItem(BaseModel):
    """One new item, or a new version of one. `content`: its content embedding, as long as those of the catalogue."""

    model_config = ConfigDict(extra="forbid")

    item_id: Id
    creator_id: Id | None = None
    topic: Id | None = None
    tags: Annotated[list[Id], Field(max_length=MAX_TAGS)] = []
    language: Annotated[str, Field(min_length=2, max_length=2)] | None = None
    duration_s: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None
    title: Annotated[str, Field(max_length=500)] | None = None
    content: Annotated[list[Annotated[float, Field(ge=-1e6, le=1e6)]], Field(max_length=MAX_CONTENT)] | None = None
    created_at: AwareDatetime | None = None


class ItemsRequest(BaseModel):
    """New items of one surface, taken in whole or not at all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    items: Annotated[list[SentItem], Field(min_length=1, max_length=MAX_ITEMS)]


class TakenItem(BaseModel):
    """`number` orders postings. `shown_soon`: whether anything is known by which the live release can place it; if
    not, or if the release holds the item already, the posting counts from the next night on."""

    item_id: str
    number: int
    shown_soon: bool


class ItemsResponse(BaseModel):
    """Every item that was sent, in its place: durable in the logs, and in the store of items to be shown."""

    surface: str
    items: list[TakenItem]


def router(service: Service) -> APIRouter:
    """The route that takes new items."""
    routes = APIRouter()

    @routes.post("/v1/{surface}/items", responses=NO_SURFACE | NO_RELEASE | NO_PLACE)
    def _items(surface: str, request: ItemsRequest) -> ItemsResponse:
        """Take new items: each is a candidate, with a quota of its own, until the next night takes it in."""
        release, at = service.release(surface), service.clock()
        size = content_size(release)
        if size is None:
            raise HTTPException(409, f"release {release.release_id} cannot place new items; send them to the logs")
        _require_sound(request.items, size)
        posted = [_posted(one, at) for one in request.items]
        try:
            batch = encode({ITEM.name: [_row(one, at) for one in request.items]})
            service.log(surface).writer.submit(batch, at, awaited=True).result(PATIENCE_S)
            numbered = service.posted(surface).add(posted)
        except (StoreError, InfrastructureError, TooSlow) as error:
            raise HTTPException(503, f"nothing was taken: {error or 'the disk takes too long'}") from error
        return ItemsResponse(surface=surface, items=_taken(release, numbered))

    return routes


def _require_sound(items: list[SentItem], size: int) -> None:
    faults = []
    for place_, item in enumerate(items):
        if item.content is not None and len(item.content) != size:
            words = f"found {len(item.content)} numbers; allowed are {size}, as many as the catalogue's have"
            faults.append({"type": "value_error", "loc": ("body", "items", place_, "content"), "msg": words})
    if faults:
        raise RequestValidationError(faults)


def _posted(item: SentItem, at: datetime) -> PostedItem:
    now = (at - _EPOCH) // timedelta(microseconds=1)
    created = now if item.created_at is None else (item.created_at - _EPOCH) // timedelta(microseconds=1)
    content = None if item.content is None else tuple(item.content)
    return PostedItem(
        number=0,
        item_id=item.item_id,
        creator_id=item.creator_id,
        topic=item.topic,
        title=item.title,
        content=content,
        created=created,
        posted=now,
        duration_s=item.duration_s,
        tags=tuple(item.tags),
    )


def _row(item: SentItem, at: datetime) -> dict[str, Any]:
    row = item.model_dump(exclude_none=True)
    created = written((item.created_at or at).astimezone(UTC))
    return row | {"schema_version": ITEM.version, "created_at": created, "updated_at": written(at)}


def _taken(release: LoadedRelease, posted: list[PostedItem]) -> list[TakenItem]:
    _, told = place(release, posted)
    held = release.catalogue.row_of
    return [
        TakenItem(item_id=one.item_id, number=one.number, shown_soon=known and one.item_id not in held)
        for one, known in zip(posted, told, strict=True)
    ]
