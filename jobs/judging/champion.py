"""The release that a night's candidate must not fall behind: the one that was live before this night."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.night import Night
from schemas.errors import FeedmillError
from schemas.release import Manifest
from schemas.tables import BRONZE
from serving.release import slots
from serving.release.loaded import read_surface
from serving.release.verify import verify
from surfaces.surface import Surface


@dataclass(frozen=True)
class Champion:
    """A whole release and the surface file it was made with."""

    folder: Path
    manifest: Manifest
    surface: Surface


def champion_of(night: Night) -> tuple[Champion | None, str]:
    """(champion, ""), or (None, why there is none).

    It is the live release if that is of an earlier day. If the live one is this night's own (the night is run again),
    it is the release before. One of a later day may have learned from the very day that is held out here.
    """
    folder = night.home.releases(night.surface.surface)
    live = slots.active_release(folder)
    if live is None:
        return None, "no release is live yet"
    if _day(live) > str(night.day):
        return None, f"the live release {live.name} is of a later day and may have learned from this one"
    if _day(live) == str(night.day):
        before = slots.slot_release(folder, slots.idle_slot(folder))
        if before is None or _day(before) >= str(night.day):
            return None, f"the live release {live.name} is this night's own, and there is none before it"
        live = before
    try:
        return Champion(live, verify(live), read_surface(live)), ""
    except FeedmillError as error:
        return None, f"{live.name} cannot be used: {error.headline}"


def share_served(night: Night, release_id: str) -> float:
    """Share of the requests that arrived on the night's day which `release_id` answered; 0 without request logs."""
    table = BRONZE["request"]
    if night.day not in night.lake.days(table):
        return 0.0
    by_release = night.lake.tally(table, [night.day], ["release_id"])
    return by_release.get((release_id,), 0) / max(sum(by_release.values()), 1)


def _day(release: Path) -> str:
    return release.name[:10]
