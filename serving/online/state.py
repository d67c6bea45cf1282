"""Real-time state read for a request and brought up to date by what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from features.realtime import SessionSoFar, realtime_features
from features.request import HISTORY
from models.interface import Floats
from models.two_tower import TwoTower
from serving.ask import Ask
from serving.online.activity import Activity
from serving.release.loaded import LoadedRelease
from serving.release.sources import IndexSource
from surfaces.surface import Surface

NO_STORE = "online_store"
"""The fallback of a request whose real-time state could not be read."""

FORGOTTEN = "forgotten"
"""Name, under its owner, of the mark of a user who asked to be forgotten."""


@dataclass(frozen=True)
class Known:
    """What the store told of a user: their `activity`, whether they are `forgotten`, whether it answered at all, and
    the `slate` that was made for them, if one was asked for and there is one."""

    activity: Activity = field(default_factory=Activity)
    forgotten: bool = False
    reached: bool = True
    slate: bytes | None = None


def owner(user: str) -> str:
    """Everything of one user lies under this owner, so that all of it can be forgotten at once."""
    return f"user/{user}"


def informed(ask: Ask, release: LoadedRelease, known: Known) -> Ask:
    """`ask` with all that its answer may depend on: history and seen items since the release, session features.

    A history that the caller brings is left as it is. A user who asked to be forgotten is nobody.
    """
    if not known.reached:
        return replace(ask, fallbacks=(*ask.fallbacks, NO_STORE))
    if known.forgotten:
        return replace(ask, user_id=None, session_id=None)
    session, at = release.surface.session, ask.microseconds
    keep, activity = _micros(session.keep), known.activity
    responded = activity.within(activity.recent, at, keep)
    shown = activity.within(activity.seen, at, keep) if session.seen else []
    return replace(
        ask,
        history=_history(ask, release, responded),
        seen=tuple(dict.fromkeys((*ask.seen, *responded, *shown))),
        state=realtime_features(_session(release, activity, at)),
    )


def _history(ask: Ask, release: LoadedRelease, responded: Sequence[str]) -> tuple[str, ...] | None:
    if ask.history is not None or not responded:
        return ask.history
    since = set(responded)
    before = [item for item in release.sequences.get(ask.user_id) if item not in since]
    return tuple([*before, *responded][-HISTORY:])


def _session(release: LoadedRelease, activity: Activity, at: int) -> SessionSoFar | None:
    if not activity.going_on(at, _micros(release.surface.session.timeout)):
        return None
    vectors = _vectors(release, activity.session_items())
    return SessionSoFar(activity.impressions, activity.responses, activity.began, at, vectors)


def _vectors(release: LoadedRelease, items: Sequence[str]) -> Floats:
    """The live release's two-tower vectors of those `items` that it has one for: no other release's are mixed in."""
    source = release.sources.get("two_tower")
    if not isinstance(source, IndexSource) or not isinstance(source.model, TwoTower):
        return np.empty((0, 0), np.float32)
    return source.model.vectors[source.model.items.known(list(items))]


def timeout_us(surface: Surface) -> int:
    """The session timeout of `surface` in microseconds."""
    return _micros(surface.session.timeout)


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
