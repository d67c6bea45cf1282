"""What the routers share: the live releases and the logs of every surface, found by name or refused in words."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import HTTPException

from serving.ask import Ask
from serving.experiments.assign import assign
from serving.fallback.guard import Guard, LiveGuard
from serving.fallback.policy_watch import PolicyWatch
from serving.logs.pseudonyms import Pseudonyms
from serving.logs.surface_log import SurfaceLog
from serving.logs.writer import Clock
from serving.online.items import PostedItems
from serving.online.live_state import LiveState
from serving.online.open import open_store
from serving.online.slates import NOT_READY, ReadySlate, answered, entry, fits
from serving.online.state import Known, informed
from serving.pipeline import Answer, recommend
from serving.release.live import LiveSurface, Watcher
from serving.release.loaded import LoadedRelease
from serving.release.shadow import Shadow
from serving.web.counted import Metrics
from serving.web.recent import Recent
from surfaces.surface import Surface

NO_SURFACE: dict[int | str, dict[str, Any]] = {404: {"description": "no such surface"}}
NO_RELEASE: dict[int | str, dict[str, Any]] = {503: {"description": "the surface has no live release yet"}}

AT_ONCE = max(1, os.cpu_count() or 1)
"""Requests that are computed at the same time; others wait their turn. More than there are cores would take turns in
the middle of one another, and each would cost more: of 8 clients on 2 cores, 90 requests a second where 69 were."""


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def server_id() -> str:
    """A name that no other writer of logs has or will have."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True)
class Service:
    """One server's parts. Each router is made from it by its module's `router(service)`."""

    surfaces: Mapping[str, LiveSurface]
    logs: Mapping[str, SurfaceLog]
    pseudonyms: Pseudonyms
    online: LiveState
    metrics: Metrics
    shadows: Mapping[str, Shadow]
    guards: Mapping[str, LiveGuard]
    clock: Clock = wall_clock
    recent: Recent = field(default_factory=Recent)
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    @classmethod
    def of(
        cls, home: Path, surfaces: Iterable[Surface], clock: Clock = wall_clock, *, patient: bool = False
    ) -> Service:
        """Serving `surfaces` from `home`/releases, logging to `home`/landing, with online state in `home`/online
        unless FEEDMILL_ONLINE_STORE names another store. `patient`: nothing has a deadline.

        Raises UserError for a key of the pseudonyms, or a store, that cannot be used.
        """
        served = {surface.surface: surface for surface in surfaces}
        server, store = server_id(), open_store(home / "online")
        return cls(
            surfaces={
                name: LiveSurface(home / "releases" / name, PostedItems(store, name), PolicyWatch(one))
                for name, one in served.items()
            },
            logs={
                name: SurfaceLog(one, home / "landing" / name, server, clock, patient=patient)
                for name, one in served.items()
            },
            pseudonyms=Pseudonyms.from_environment(home),
            online=LiveState(store),
            metrics=Metrics(),
            shadows={name: Shadow(home / "releases" / name, home / "shadow" / name) for name in served},
            guards={name: LiveGuard(one.fallback, patient=patient) for name, one in served.items()},
            clock=clock,
        )

    @contextmanager
    def running(self, interval: float) -> Iterator[None]:
        """Logs are written and releases watched (every `interval` seconds) while the block runs."""
        watcher = Watcher(self.surfaces.values(), interval)
        self.online.start()
        for shadow in self.shadows.values():
            shadow.start()
        for log in self.logs.values():
            log.start(self.clock())
            log.outcomes.listeners.append(partial(self.online.happened, log.surface))
        watcher.start()
        try:
            yield
        finally:
            watcher.stop()
            for shadow in self.shadows.values():
                shadow.stop()
            for guard in self.guards.values():
                guard.close()
            for log in self.logs.values():
                log.close()
            self.online.stop()

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

    def answer(self, release: LoadedRelease, ask: Ask, guard: Guard) -> Answer:
        """The slate that was made for `ask` beforehand, where the surface has such and one fits; else one drawn now."""
        if release.surface.batch is None:
            return self._drawn(release, self.informed(release, ask), guard)
        known = self._known(release, ask, entry(release.surface.surface, release.release_id))
        if known.slate is not None and not known.forgotten:
            mine, slate = replace(ask, arms=_arms(release, ask)), ReadySlate.decode(known.slate)
            if fits(release, mine, slate):
                return answered(release, mine, slate)
        late = replace(ask, fallbacks=(*ask.fallbacks, NOT_READY))
        return self._drawn(release, self.informed(release, late, known), guard)

    def _drawn(self, release: LoadedRelease, ask: Ask, guard: Guard) -> Answer:
        """The slate of `ask`, drawn when it is its turn."""
        with self.turns:
            return recommend(release, ask, guard)

    def informed(self, release: LoadedRelease, ask: Ask, known: Known | None = None) -> Ask:
        """`ask` with all that its answer may depend on besides `release`: real-time state, arms, posted items.

        `known` is what the store told, if it was asked already.
        """
        found = informed(ask, release, self._known(release, ask) if known is None else known)
        return replace(found, arms=_arms(release, ask), posted=release.posted)

    def _known(self, release: LoadedRelease, ask: Ask, slate: str | None = None) -> Known:
        return self.online.known(release.surface.surface, ask.user_id, ask.request_id, slate)

    def posted(self, surface: str) -> PostedItems:
        """The postings of `surface`."""
        found = self.surface(surface).posted
        assert found is not None, "every surface of a server has postings"
        return found

    def watched(self, surface: str) -> PolicyWatch:
        """What counts the broken rules of `surface`."""
        found = self.surface(surface).watch
        assert found is not None, "every surface of a server is watched"
        return found

    def log(self, surface: str) -> SurfaceLog:
        """The log of `surface`; 404 naming those there are."""
        self.surface(surface)
        return self.logs[surface]

    def user(self, surface: str, user_id: str | None) -> str | None:
        """The id by which everything behind the server's boundary knows the user: a pseudonym where the surface says
        so."""
        if user_id is None or not self.logs[surface].surface.logging.pseudonymise:
            return user_id
        return self.pseudonyms.of(user_id)


def _arms(release: LoadedRelease, ask: Ask) -> tuple[str, ...]:
    return assign(release.surface.experiments, ask.user_id or ask.session_id or ask.request_id)
