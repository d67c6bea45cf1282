"""A release that was just loaded answers a few requests before anybody waits for one."""

from __future__ import annotations

from datetime import UTC, datetime

from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease

ROUNDS = 3
"""Answers each kind of user gets: the first ones pay for what is allocated and mapped once."""
_STRANGER = "nobody\u00a0knows\u00a0this\u00a0user"


def warm(release: LoadedRelease) -> None:
    """Answer as known, unknown and no users. Raises what an answer raises: such a release is not fit to serve."""
    at = datetime.fromisoformat(release.manifest.day).replace(tzinfo=UTC)
    known = next(iter(release.seen.row_of), None)
    for n in range(ROUNDS):
        for user in (known, _STRANGER, None):
            recommend(release, Ask(f"warm/{n}", at, user_id=user))
