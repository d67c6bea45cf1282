"""DELETE /v1/users/{id}: everything that this server keeps of a user between two releases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel

from serving.online.store import StoreError
from serving.web.service import Service

NO_STORE: dict[int | str, dict[str, Any]] = {503: {"description": "the online store does not answer; nothing is gone"}}


class ForgottenResponse(BaseModel):
    """`records`: how many records of the user were removed."""

    records: int


def router(service: Service) -> APIRouter:
    """The route that forgets."""
    routes = APIRouter()

    @routes.delete("/v1/users/{user_id}", responses=NO_STORE)
    def _forget(user_id: Annotated[str, Path(min_length=1, max_length=128)]) -> ForgottenResponse:
        """Forget a user on every surface: their sessions, histories and slates are removed at once, and from now on
        they are answered and logged as nobody, whatever a release may know of them."""
        known_as = {user_id, *(service.user(surface, user_id) for surface in service.surfaces)} - {None}
        for guard in service.guards.values():
            for name in known_as:
                guard.forget(str(name))
        try:
            return ForgottenResponse(records=sum(service.online.forget(str(name)) for name in known_as))
        except StoreError as error:
            raise HTTPException(503, f"the user is not forgotten: {error.headline}") from error

    return routes
