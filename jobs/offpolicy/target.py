"""The policy in question: a release, perhaps under another surface file, as it would have stood on the day."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from features.registry import registry, schema_hash
from jobs.judging.champion import Champion
from jobs.judging.lists import champion_release
from jobs.night import Night
from schemas.errors import UserError
from serving.release.loaded import LoadedRelease, read_surface
from serving.release.slots import list_releases
from serving.release.verify import verify
from surfaces.surface import Surface


def folder_of(night: Night, name: str) -> Path:
    """The folder of the surface's release called `name`, or the folder that `name` is the path of."""
    releases = night.home.releases(night.surface.surface)
    for folder in (releases / name, Path(name)):
        if (folder / "manifest.json").is_file():
            return folder
    there = ", ".join(list_releases(releases)) or "none"
    raise UserError(f"there is no release {name!r} of {night.surface.surface}", fix=f"releases are: {there}")


@contextlib.contextmanager
def standing(night: Night, target: Path | LoadedRelease, day: date, surface: Surface | None) -> Iterator[LoadedRelease]:
    """The target as it would have answered on `day`.

    A release in memory is taken as it is. Of one on disk that was made at the end of `day`, the models were trained on
    the days before, but its features know of the day itself: it gets those of the day before. Raises UserError for one
    of a later day, whose models may have learned from the very outcomes that are to judge it, and for one of another
    surface or of another feature schema.
    """
    if isinstance(target, LoadedRelease):
        yield under(night, target, surface)
        return
    manifest = verify(target)
    if manifest.day > str(day):
        raise UserError(
            f"release {manifest.release_id} is of {manifest.day}: it may have learned from the logs of {day}",
            fix=f"judge it by logs of {manifest.day} or later",
        )
    if manifest.day < str(day):
        yield under(night, LoadedRelease.load(target), surface)
        return
    own = read_surface(target)
    _check_features(manifest.feature_schema, manifest.release_id, own)
    of_day = Night(night.surface, day, night.home)
    with tempfile.TemporaryDirectory(prefix="feedmill-ope-") as scratch:
        release = champion_release(of_day, Champion(target, manifest, own), Path(scratch) / manifest.release_id)
        yield under(night, release, surface)


def under(night: Night, release: LoadedRelease, surface: Surface | None) -> LoadedRelease:
    """`release` under another `surface` file, if one is given: its weights, slate and hard policy."""
    if release.surface.surface != night.surface.surface:
        raise UserError(
            f"release {release.release_id} is of surface {release.surface.surface}, the logs of {night.surface.surface}"
        )
    if surface is None:
        return release
    _check_features(release.manifest.feature_schema, release.release_id, surface)
    if surface.outcomes != release.surface.outcomes or surface.ranker != release.surface.ranker:
        raise UserError(
            f"the surface file has other outcomes or another ranker than release {release.release_id}",
            fix="change `value`, `slate` or `policy`; other outcomes or heads need a night of training",
        )
    return replace(release, surface=surface)


def _check_features(schema: str, release_id: str, surface: Surface) -> None:
    here = schema_hash(registry(surface))
    if surface.ranker is not None and schema != here:
        raise UserError(
            f"release {release_id} was trained on feature schema {schema}; the surface file makes {here}",
            fix="run its night again with this version, or keep the file's outcomes and features as they were",
        )
