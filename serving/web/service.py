"""What the routers share: the live releases of every surface, found by name or refused in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException

from serving.release.live import LiveSurface
from serving.release.loaded import LoadedRelease

NO_SURFACE: dict[int | str, dict[str, Any]] = {404: {"description": "no such surface"}}
NO_RELEASE: dict[int | str, dict[str, Any]] = {503: {"description": "the surface has no live release yet"}}


@dataclass(frozen=True)
class Service:
    """One server's parts. Each router is made from it by its module's `router(service)`."""

    surfaces: Mapping[str, LiveSurface]

    def surface(self, name: str) -> LiveSurface:
        """The surface called `name`; 404 naming those there are."""
        if name not in self.surfaces:
            raise HTTPException(404, f"there is no surface {name!r}; surfaces are: {', '.join(sorted(self.surfaces))}")
        return self.surfaces[name]

    def release(self, surface: str) -> LoadedRelease:
        """The release that answers for `surface` now; 503 with the reason if there is none."""
        found = self.surface(surface)
        release = found.release
        if release is None:
            why = found.problem or "no release of it is live yet; a night that ships makes one"
            raise HTTPException(503, f"surface {surface!r} cannot answer: {why}")
        return release
