"""The server's side of real-time state: read in the request, brought up to date by a thread of its own."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from serving.ask import Ask
from serving.logs.outcomes import Outcome
from serving.logs.records import request_of
from serving.online.activity import Activity
from serving.online.state import FORGOTTEN, Known, owner, timeout_us
from serving.online.store import Change, Store, StoreError
from surfaces.surface import Surface

WAITING = 10_000
"""Updates that may wait for the store; beyond it new ones are dropped, and counted."""
FORGOTTEN_S = timedelta(days=90).total_seconds()
"""How long a forgotten user stays nobody: longer than any release that could still know them is live."""
_SLATE = "slate"
_log = logging.getLogger(__name__)


class LiveState:
    """`applied`, `dropped` and `failed` count updates; `unread` counts requests that had to do without their state."""

    def __init__(self, store: Store, waiting: int = WAITING) -> None:
        self.store = store
        self.applied = self.dropped = self.failed = self.unread = 0
        self._queue: queue.Queue[Callable[[], None] | None] = queue.Queue(waiting)
        self._thread = threading.Thread(target=self._work, name="online-state", daemon=True)

    def start(self) -> None:
        """Begin to apply updates."""
        self._thread.start()

    def stop(self) -> None:
        """Apply what waits, then end; the store is closed."""
        self._queue.put(None)
        self._thread.join()
        self.store.close()

    def settle(self) -> None:
        """Return once every update that waits now was applied."""
        reached = threading.Event()
        self._queue.put(reached.set)
        reached.wait()

    def known(self, surface: str, user: str | None, request_id: str = "", slate: str | None = None) -> Known:
        """What the store tells of `user` (a pseudonym) on `surface`, and of the entry `slate`, in one round trip.

        A request that is sent again is not answered as if its first answer had been another: what that one showed
        does not count as seen (which takes a second round trip).
        """
        if user is None:
            return Known()
        try:
            names = [_activity(surface), FORGOTTEN, *([slate] if slate is not None else [])]
            stored, forgotten, *made = self.store.read(owner(user), names)
            activity = Activity.decode(stored)
            if any(request_id == asked for asked, _ in activity.requests):
                activity = activity.without(self._items_of(request_id))
        except StoreError:
            self.unread += 1
            return Known(reached=False)
        return Known(activity, forgotten is not None, slate=made[0] if made else None)

    def shown(self, surface: Surface, ask: Ask, items: Sequence[str]) -> None:
        """Note, soon, that `items` were shown in answer to `ask`; nothing is noted of nobody."""
        user = ask.user_id
        if user is not None and items:
            self._later(lambda: self._shown(surface, user, ask, list(items)))

    def happened(self, surface: Surface, outcomes: Sequence[Outcome]) -> None:
        """Note, soon, the positive responses among `outcomes`, of impressions that were shown lately."""
        positives = {name for name, weight in surface.training.positives.items() if weight > 0}
        liked = [one for one in outcomes if one.outcome in positives]
        if liked:
            self._later(lambda: self._happened(surface, liked))

    def forget(self, user: str) -> int:
        """Remove everything of `user` and treat them as nobody from now on; how many records there were.

        Raises StoreError if the store does not answer: then nothing is promised.
        """
        entries = self.store.entries(owner(user))
        activities = [Activity.decode(value) for name, value in entries.items() if name.startswith(_activity(""))]
        asked = [request for activity in activities for request, _ in activity.requests]
        self.store.put(owner(user), {FORGOTTEN: b""}, FORGOTTEN_S)
        gone = self.store.forget(owner(user), [name for name in entries if name != FORGOTTEN])
        return gone + sum(self.store.forget(_request(request)) for request in asked)

    def _shown(self, surface: Surface, user: str, ask: Ask, items: list[str]) -> None:
        at, timeout, keep = ask.microseconds, timeout_us(surface), surface.session.keep.total_seconds()
        if self.store.read(owner(user), [FORGOTTEN])[0] is not None:
            return
        slate = json.dumps({"user": user, "items": items}).encode()
        self.store.put(_request(ask.request_id), {_SLATE: slate}, keep)

        def change(stored: bytes | None) -> bytes:
            return Activity.decode(stored).asked(ask.request_id, at).shown(items, at, timeout).encode()

        self.store.update(owner(user), _activity(surface.surface), change, keep)

    def _happened(self, surface: Surface, outcomes: Sequence[Outcome]) -> None:
        timeout, keep = timeout_us(surface), surface.session.keep.total_seconds()
        for outcome in outcomes:
            found = self._who(outcome.impression_id)
            if found is None:
                continue
            user, item = found
            change = _response(outcome, item, timeout)
            self.store.update(owner(user), _activity(surface.surface), change, keep)

    def _items_of(self, request_id: str) -> list[str]:
        (stored,) = self.store.read(_request(request_id), [_SLATE])
        return json.loads(stored)["items"] if stored else []

    def _who(self, impression: str) -> tuple[str, str] | None:
        """User and item of an impression that was shown lately to somebody."""
        request, position = request_of(impression), impression.rpartition(":")[2]
        stored = self.store.read(_request(request), [_SLATE])[0] if request else None
        if stored is None:
            return None
        slate = json.loads(stored)
        return (slate["user"], slate["items"][int(position)]) if int(position) < len(slate["items"]) else None

    def _later(self, update: Callable[[], None]) -> None:
        try:
            self._queue.put_nowait(update)
        except queue.Full:
            self.dropped += 1

    def _work(self) -> None:
        while (update := self._queue.get()) is not None:
            try:
                update()
                self.applied += 1
            except StoreError:
                self.failed += 1
            except Exception:
                self.failed += 1
                _log.exception("an update of real-time state failed")


def _response(outcome: Outcome, item: str, timeout: int) -> Change:
    at = Ask("", outcome.occurred_at).microseconds
    return lambda stored: Activity.decode(stored).responded(outcome.impression_id, item, at, timeout).encode()


def _activity(surface: str) -> str:
    return f"activity/{surface}"


def _request(request_id: str) -> str:
    return f"request/{request_id}"
