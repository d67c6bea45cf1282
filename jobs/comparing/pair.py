"""The two releases that a command names, and the night on whose day both can be judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from features.registry import registry, schema_hash
from features.tables import labelled
from jobs.judging.champion import Champion
from jobs.judging.contender import Contender
from jobs.night import Night
from lake.home import Home
from schemas.errors import UserError
from schemas.release import MANIFEST
from serving.release.loaded import read_surface
from serving.release.slots import list_releases
from serving.release.verify import verify


@dataclass(frozen=True)
class Pair:
    """Releases `a` and `b`, judged on the day of `night`, from which neither has learned."""

    night: Night
    a: Contender
    b: Contender


def pair_of(home: Home, first: str, second: str, day: date | None = None) -> Pair:
    """The releases called `first` and `second`, ids or folders, on `day` or the first on which both can be judged.

    Both are given the features of the day before; what a response is worth says the surface file of the newer.
    Raises UserError for a name of no release, for the same release twice, for releases of different surfaces or of
    other features than this program computes, and for a day that either may have learned from or that was not joined.
    """
    a, b = (_release(home, name) for name in (first, second))
    if a.manifest.release_id == b.manifest.release_id:
        raise UserError(f"{a.manifest.release_id} is named twice", fix="name two releases")
    if a.surface.surface != b.surface.surface:
        raise UserError(
            f"{a.manifest.release_id} is of surface {a.surface.surface}, {b.manifest.release_id} of "
            f"{b.surface.surface}: they answer no requests in common"
        )
    newer = max(a, b, key=lambda one: one.manifest.day)
    made = date.fromisoformat(newer.manifest.day)
    night = Night(newer.surface, day or made, home)
    _check_features(night, a, b)
    _check_day(night, made)
    return Pair(night, Contender.of_release(a), Contender.of_release(b))


def _release(home: Home, name: str) -> Champion:
    surfaces = sorted(folder for folder in (home.root / "releases").glob("*") if folder.is_dir())
    places = (Path(name), *(folder / name for folder in surfaces))
    found = next((place.resolve() for place in places if (place / MANIFEST).is_file()), None)
    if found is None:
        there = ", ".join(one for folder in surfaces for one in list_releases(folder)) or "none"
        raise UserError(f"there is no release {name!r}", fix=f"releases are: {there}")
    return Champion(found, verify(found), read_surface(found))


def _check_features(night: Night, *releases: Champion) -> None:
    here = schema_hash(registry(night.surface))
    for one in releases:
        if one.manifest.feature_schema != here:
            raise UserError(
                f"release {one.manifest.release_id} was trained on feature schema {one.manifest.feature_schema}; this "
                f"Feedmill makes {here} for {night.surface.surface}",
                fix="run its night again with this version",
            )


def _check_day(night: Night, made: date) -> None:
    if night.day < made:
        raise UserError(
            f"--day: {night.day} is before {made}: a release of that day may have learned from it",
            fix=f"judge them on {made} or later",
        )
    table = labelled(night.surface)
    days = night.lake.days(table) if night.lake.exists(table) else set()
    if night.day not in days:
        there = ", ".join(str(day) for day in sorted(days)) or "none"
        raise UserError(
            f"{night.surface.surface}: no impressions of {night.day} were joined", fix=f"days with impressions: {there}"
        )
