"""The release that answers for one surface, following its `active` link without a restart."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from models.steps import gently
from schemas.errors import FeedmillError
from serving.fallback.policy_watch import PolicyWatch
from serving.online.items import PostedItems
from serving.online.store import StoreError
from serving.release.going_back import go_back
from serving.release.loaded import LoadedRelease
from serving.release.posted import extended
from serving.release.slots import active_release, why_left
from serving.release.warm import warm

RETRY_SECONDS = 5.0
"""How long a release that could not be loaded is left alone before it is tried again."""
_log = logging.getLogger(__name__)


class LiveSurface:
    """Holds the loaded release of one surface, with the items that were posted since. `folder` is
    `releases/<surface>`.

    `release` is replaced by one assignment, so a request that took it goes on with it to the end. The release before
    stays loaded, so that going back to it takes no time. `posted` are the postings, if there are any to be looked at;
    `watch` says when its slates break more rules than they may, and then the release before answers again.
    """

    def __init__(self, folder: Path, posted: PostedItems | None = None, watch: PolicyWatch | None = None) -> None:
        self.folder = folder
        self.posted = posted
        self.watch = watch
        self.release: LoadedRelease | None = None
        self.problem: str | None = None
        self._warm: dict[str, LoadedRelease] = {}
        self._failed: tuple[str, float] | None = None
        self._told: str | None = None

    @property
    def alarm(self) -> str | None:
        """What was done about slates that broke more rules than they may; None if there was nothing to do."""
        return why_left(self.folder) or self._told

    def held(self, release_id: str, posted: int = 0) -> LoadedRelease | None:
        """The release `release_id` with the items posted up to number `posted`, if it is still in memory: the one
        that answers, or the one before."""
        base = self._warm.get(release_id)
        if base is None or self.posted is None or not posted:
            return base
        return extended(base, self.posted.listed(posted, _now()))

    def retry_at_once(self) -> None:
        """Leave a release that could not be loaded alone no longer."""
        self._failed = None

    def refresh(self) -> None:
        """Load what `active` points at if it is not what answers; on failure the old release stays and `problem`
        says why. Meant for one thread; requests may be answered meanwhile."""
        self._go_back_if_due()
        wanted = active_release(self.folder)
        if wanted is None or (self.release is not None and wanted.name == self.release.release_id):
            self.problem = None
            self._take_posted()
            return
        if self._failed is not None and self._failed[0] == wanted.name and time.monotonic() < self._failed[1]:
            return
        try:
            fresh = self._warm.get(wanted.name) or _ready(wanted)
        except Exception as error:
            self._failed = (wanted.name, time.monotonic() + RETRY_SECONDS)
            self.problem = f"{wanted.name} cannot be served: {_words(error)}"
            return
        kept = self.release and self._warm[self.release.release_id]
        self._warm = {one.release_id: one for one in (kept, fresh) if one is not None}
        self.release, self.problem, self._failed = self._with_posted(fresh), None, None
        self._told = None
        if self.watch is not None:
            self.watch.begin(fresh.release_id)

    def _go_back_if_due(self) -> None:
        """Once a release: whether it is left or stays is not decided again before another answers."""
        excess = self.watch.excess() if self.watch is not None else None
        if self.watch is None or excess is None or self._told is not None:
            return
        try:
            words = go_back(self.folder, excess, self.watch.policy, self._warm)
        except Exception as error:
            words = f"{excess}; it stays, for the release before it cannot answer: {_words(error)}"
        _log.error("%s: %s", self.folder.name, words)
        self._told = words

    def _take_posted(self) -> None:
        if self.release is not None:
            self.release = self._with_posted(self.release)

    def _with_posted(self, release: LoadedRelease) -> LoadedRelease:
        """`release` with what was posted; as it is while the store does not answer or has nothing new."""
        if self.posted is None:
            return release
        try:
            last = self.posted.last()
            if last == release.posted:
                return release
            return extended(self._warm[release.release_id], self.posted.listed(last, _now()))
        except StoreError:
            return release


class Watcher:
    """A thread that refreshes surfaces every `interval` seconds, so that no request pays for a switch."""

    def __init__(self, surfaces: Iterable[LiveSurface], interval: float = 0.25) -> None:
        self._surfaces = list(surfaces)
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="release-watcher", daemon=True)

    def start(self) -> None:
        """Refresh every surface once, then go on in the background."""
        self._refresh()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; returns when the thread has ended."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            self._refresh()

    def _refresh(self) -> None:
        for surface in self._surfaces:
            surface.refresh()


def _ready(folder: Path) -> LoadedRelease:
    """The release in `folder`, every file verified, and it has answered. Requests that are answered meanwhile come
    first."""
    with gently():
        release = LoadedRelease.load(folder)
        warm(release)
    return release


def _now() -> int:
    return time.time_ns() // 1000


def _words(error: Exception) -> str:
    return error.headline if isinstance(error, FeedmillError) else f"{type(error).__name__}: {error}"
