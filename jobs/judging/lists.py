"""Recommended lists on the held-out day: each source by itself, and all of them as serving blends and ranks them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.registry import registry, schema_hash
from jobs.judging.champion import Champion
from jobs.judging.held_out import HeldOutDay
from jobs.night import Night
from jobs.releasing.assembly import assemble, parts, seal
from jobs.releasing.inputs import Inputs
from models.registry import load
from schemas.evaluation import BLENDED, POPULAR
from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from surfaces.surface import Surface

KS = (10, 50, 100)
Items = npt.NDArray[np.object_]
"""(m, k) item ids, best first, `""` where a list is shorter."""


def ks(catalogue: int) -> tuple[int, ...]:
    """The list lengths that say something with so many items: those shorter than the catalogue, or all of it."""
    return tuple(k for k in KS if k < catalogue) or (max(1, catalogue),)


def source_lists(surface: Surface, where: Callable[[str], Path], day: HeldOutDay) -> dict[str, Items]:
    """What each source, and most-popular, recommends by exact search. `where` gives the folder of a model."""
    names = dict.fromkeys((*surface.retrieval, POPULAR))
    k = ks(len(day.items))[-1]
    return {name: load(name, where(name)).recommend(day.holdout.requests, k).items for name in names}


def candidate_release(night: Night, folder: Path) -> LoadedRelease:
    """The night's models with the features of the day before: what would have been served on the held-out day."""
    models = {name: night.artifact(name) for name in parts(night.surface)}
    return _as_of_yesterday(night, night.surface, models, folder, schema_hash(registry(night.surface)))


def champion_release(night: Night, champion: Champion, folder: Path) -> LoadedRelease:
    """The champion's models with the same features of the day before, so that only the models differ.

    Raises UserError if this program computes other features than the champion was trained on.
    """
    models = {name: champion.folder / name for name in parts(champion.surface)}
    return _as_of_yesterday(night, champion.surface, models, folder, champion.manifest.feature_schema)


def blended(night: Night, day: HeldOutDay, release: Callable[[Path], LoadedRelease]) -> dict[str, Items]:
    """`{"blended": lists}` of the release that `release` puts together in a folder, which vanishes afterwards."""
    home = night.home.night(night.surface.surface, night.day)
    with tempfile.TemporaryDirectory(prefix=".evaluate.", dir=home) as folder:
        return {BLENDED: blended_lists(release(Path(folder) / "release"), day.asks, ks(len(day.items))[-1])}


def blended_lists(release: LoadedRelease, asks: Sequence[Ask], k: int) -> Items:
    """The k best candidates of `release` per ask, in the order in which serving would fill a slate from them."""
    lists = np.full((len(asks), k), "", dtype=object)
    for row, ask in enumerate(asks):
        answer = recommend(release, ask)
        best = answer.candidates.rows[answer.values.order][:k]
        lists[row, : len(best)] = release.catalogue.ids[best]
    return lists


def _as_of_yesterday(
    night: Night, surface: Surface, models: Mapping[str, Path], folder: Path, feature_schema: str
) -> LoadedRelease:
    assemble(night, folder, models, night.day - timedelta(days=1), surface)
    seal(folder, Inputs(surface.surface, str(night.day), "", {}, feature_schema, "", ""), surface)
    return LoadedRelease.load(folder)
