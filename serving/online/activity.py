"""What one user did on one surface since the release was made: a small record, changed by pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

RECENT, SEEN, ANSWERED, REQUESTS = 50, 300, 50, 50
"""Newest responses, items shown, answered impressions and requests that a record keeps."""

Dated = tuple[str, int]
"""An id and the UTC microseconds of its event."""


@dataclass(frozen=True)
class Activity:
    """`recent`: items responded to, oldest first, each at its latest; `seen`: items shown, likewise; `requests`:
    slates asked for; all of them over many sessions.

    `began`, `last`: UTC microseconds of the first and last event of the session that goes on, in which `impressions`
    were shown and `responses` of them answered. `answered`: impressions last answered, so that a second outcome of
    the same one is no second response.
    """

    recent: tuple[Dated, ...] = ()
    seen: tuple[Dated, ...] = ()
    requests: tuple[Dated, ...] = ()
    began: int = 0
    last: int = 0
    impressions: int = 0
    responses: int = 0
    answered: tuple[str, ...] = ()

    def asked(self, request_id: str, at: int) -> Activity:
        """With a request made at `at`."""
        return replace(self, requests=_latest(self.requests, [(request_id, at)], REQUESTS))

    def without(self, items: Iterable[str]) -> Activity:
        """As if `items` had not been shown."""
        gone = set(items)
        return replace(self, seen=tuple(one for one in self.seen if one[0] not in gone))

    def shown(self, items: Iterable[str], at: int, timeout: int) -> Activity:
        """With `items` shown at `at`; the session is a new one if its last event was `timeout` microseconds ago."""
        listed = list(items)
        here = self._at(at, timeout)
        seen = _latest(self.seen, [(item, at) for item in listed], SEEN)
        return replace(here, seen=seen, impressions=here.impressions + len(listed) * here._counts(at))

    def responded(self, impression: str, item: str, at: int, timeout: int) -> Activity:
        """With a positive response to `item`, shown as `impression`, that occurred at `at`."""
        here = self._at(at, timeout)
        recent = _latest(self.recent, [(item, at)], RECENT)
        if impression in self.answered:
            return replace(here, recent=recent)
        answered = (*self.answered, impression)[-ANSWERED:]
        return replace(here, recent=recent, answered=answered, responses=here.responses + here._counts(at))

    def going_on(self, at: int, timeout: int) -> bool:
        """Whether a session that began before `at` still goes on then."""
        return bool(self.last) and at - self.last < timeout

    def session_items(self) -> list[str]:
        """What the session responded to, oldest first."""
        return [item for item, when in self.recent if when >= self.began]

    def within(self, dated: Iterable[Dated], at: int, keep: int) -> list[str]:
        """The ids of `dated` (`recent` or `seen`) that are at most `keep` microseconds old at `at`, oldest first."""
        return [item for item, when in dated if at - when < keep]

    def encode(self) -> bytes:
        return orjson.dumps(self)

    @staticmethod
    def decode(stored: bytes | None) -> Activity:
        """The record in `stored`; an empty one if there is none, or none that this version can read."""
        try:
            content = orjson.loads(stored or b"{}")
            dated = {name: tuple((str(item), int(when)) for item, when in content.get(name, ())) for name in _DATED}
            counts = {name: int(content.get(name, 0)) for name in _COUNTS}
            return Activity(**dated, **counts, answered=tuple(content.get("answered", ())))  # type: ignore[arg-type]
        except (ValueError, TypeError, AttributeError):
            return Activity()

    def _at(self, at: int, timeout: int) -> Activity:
        """The same record in the session of an event at `at`; what comes late moves no session back."""
        if self.going_on(at, timeout):
            return replace(self, last=max(self.last, at))
        return replace(self, began=at, last=at, impressions=0, responses=0)

    def _counts(self, at: int) -> int:
        return int(at >= self.began)


_DATED = ("recent", "seen", "requests")
_COUNTS = ("began", "last", "impressions", "responses")


def _latest(before: tuple[Dated, ...], fresh: Iterable[Dated], most: int) -> tuple[Dated, ...]:
    """Each id at its latest time, oldest first, the newest `most` of them."""
    found = dict(before)
    for item, when in fresh:
        found[item] = max(when, found.get(item, when))
    return tuple(sorted(found.items(), key=lambda one: one[1])[-most:])
