"""What only an operator may do, behind a bearer token; off where none is configured."""

from __future__ import annotations

import hmac
import os
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from schemas.errors import InfrastructureError, UserError
from serving.release import slots
from serving.web.service import NO_SURFACE, Service

VARIABLE = "FEEDMILL_ADMIN_TOKEN"
SHORTEST = 16
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "no token, or another one"},
    403: {"description": f"off: no {VARIABLE} of {SHORTEST} characters or more is configured"},
}
NOWHERE: dict[int | str, dict[str, Any]] = {409: {"description": "there is no whole release to go back to"}}
_bearer = HTTPBearer(auto_error=False)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class RolledBack(BaseModel):
    """`left` was live before; `live` is now, and answers within a second."""

    surface: str
    left: str
    live: str


class Releases(BaseModel):
    """Releases on disk, oldest first; `live` by the active link, `answering` in this server's memory."""

    surface: str
    releases: list[str]
    live: str | None
    answering: str | None
    problem: str | None


def require_token(credentials: Credentials) -> None:
    """403 where the verbs are off, 401 without the right token; compared in constant time."""
    wanted = os.environ.get(VARIABLE, "")
    if len(wanted) < SHORTEST:
        raise HTTPException(403, f"admin verbs are off: set {VARIABLE} to {SHORTEST} characters or more")
    found = credentials.credentials if credentials is not None else ""
    if not hmac.compare_digest(found.encode(), wanted.encode()):
        raise HTTPException(401, "this verb needs the admin token", headers={"WWW-Authenticate": "Bearer"})


def router(service: Service) -> APIRouter:
    """The operator's routes."""
    routes = APIRouter(prefix="/v1/admin", dependencies=[Depends(require_token)])

    @routes.get("/{surface}/releases", responses=REFUSED | NO_SURFACE)
    def _releases(surface: str) -> Releases:
        """What is on disk, what should answer and what does."""
        found = service.surface(surface)
        live = slots.active_release(found.folder)
        return Releases(
            surface=surface,
            releases=slots.list_releases(found.folder),
            live=live.name if live else None,
            answering=found.release.release_id if found.release else None,
            problem=found.problem,
        )

    @routes.post("/{surface}/rollback", responses=REFUSED | NO_SURFACE | NOWHERE)
    def _rollback(surface: str) -> RolledBack:
        """Go back to the release before; again to undo."""
        try:
            left, live = slots.rollback(service.surface(surface).folder)
        except (UserError, InfrastructureError) as error:
            raise HTTPException(409, error.headline) from error
        return RolledBack(surface=surface, left=left, live=live)

    return routes
