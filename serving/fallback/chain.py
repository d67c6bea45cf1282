"""The steps down, by the names that the request log has for them.

heavy ranker -> LIGHT -> LAST_GOOD slate of the user -> SEGMENT popularity -> global POPULAR items.
"""

from __future__ import annotations

from collections.abc import Iterable

from serving.ask import Ask
from serving.fallback.guard import Guard
from serving.release.catalogue import Rows, among
from serving.release.loaded import LoadedRelease
from serving.stages.blend import Candidates, ordered
from serving.stages.hydrate import Person
from serving.stages.withhold import allowed

LIGHT, LAST_GOOD, SEGMENT, POPULAR = "light", "last_good", "segment_popular", "popular"
STAND_INS = (LAST_GOOD, SEGMENT, POPULAR)
SOURCE = "source:"
"""Before the name of a retrieval source that did not answer."""
DEPTH = 1000
"""Items of a popularity list that a slate may be drawn from."""


def failed_sources(fallbacks: Iterable[str]) -> frozenset[str]:
    """The sources that `fallbacks` say did not answer."""
    return frozenset(name.removeprefix(SOURCE) for name in fallbacks if name.startswith(SOURCE))


def stand_in(release: LoadedRelease, ask: Ask, guard: Guard) -> tuple[str, tuple[str, ...]]:
    """The first step below the light ranker that there is for this request, and the last good slate where it is it."""
    forced = next((name for name in STAND_INS if name in ask.fallbacks), None)
    if forced is not None:
        return forced, ask.last_good
    items = guard.last_good(ask.user_id)
    if items:
        return LAST_GOOD, items
    return (SEGMENT if ask.country in release.popular_in.row_of else POPULAR), ()


def stand_ins(release: LoadedRelease, ask: Ask, person: Person, name: str, last_good: tuple[str, ...]) -> Candidates:
    """The candidates of step `name`, in the order in which they would be shown: unseen, and within the hard policy."""
    rows = allowed(release, ask, person, _rows(release, ask, name, last_good))
    return ordered(rows[~among(rows, person.seen_rows)], name)


def _rows(release: LoadedRelease, ask: Ask, name: str, last_good: tuple[str, ...]) -> Rows:
    if name == POPULAR:
        return release.reserve[:DEPTH]
    items = list(last_good) if name == LAST_GOOD else release.popular_in.get(ask.country)
    rows = release.catalogue.rows(items)
    return rows[rows >= 0][:DEPTH]
