"""Recommended lists on the held-out day: each source by itself, and all of them as serving blends and ranks them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jobs.judging.champion import Champion
from jobs.judging.contender import Contender
from jobs.judging.held_out import HeldOutDay
from jobs.night import Night
from jobs.releasing.assembly import assemble, seal
from jobs.releasing.inputs import Inputs
from models.registry import load
from schemas.evaluation import BLENDED, POPULAR
from serving.ask import Ask
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease

KS = (10, 50, 100)
Items = npt.NDArray[np.object_]
"""(m, k) item ids, best first, `""` where a list is shorter."""


def ks(catalogue: int) -> tuple[int, ...]:
    """The list lengths that say something with so many items: those shorter than the catalogue, or all of it."""
    return tuple(k for k in KS if k < catalogue) or (max(1, catalogue),)


def source_lists(who: Contender, day: HeldOutDay) -> dict[str, Items]:
    """What each source, and most-popular, recommends by exact search."""
    names = dict.fromkeys((*who.surface.retrieval, POPULAR))
    k = ks(len(day.items))[-1]
    return {name: load(name, who.models[name]).recommend(day.holdout.requests, k).items for name in names}


def champion_release(night: Night, champion: Champion, folder: Path) -> LoadedRelease:
    """`standing` of a release on disk."""
    return standing(night, Contender.of_release(champion), folder)


def standing(night: Night, who: Contender, folder: Path) -> LoadedRelease:
    """The models of `who` with the features of the day before the night: what would have been served on its day.

    Of several, only the models and the surface files differ. Raises UserError if this program computes other features
    than they were trained on.
    """
    assemble(night, folder, who.models, night.day - timedelta(days=1), who.surface)
    seal(folder, Inputs(who.surface.surface, str(night.day), "", {}, who.feature_schema, "", ""), who.surface)
    return LoadedRelease.load(folder)


def blended(night: Night, day: HeldOutDay, who: Contender) -> dict[str, Items]:
    """`{"blended": lists}` of all sources of `who` together."""
    with stood(night, who) as release:
        return {BLENDED: blended_lists(release, day.asks, ks(len(day.items))[-1])}


@contextlib.contextmanager
def stood(night: Night, who: Contender) -> Iterator[LoadedRelease]:
    """`standing` in a folder that vanishes afterwards."""
    home = night.home.night(night.surface.surface, night.day)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".evaluate.", dir=home) as folder:
        yield standing(night, who, Path(folder) / "release")


def blended_lists(release: LoadedRelease, asks: Sequence[Ask], k: int) -> Items:
    """The k best candidates of `release` per ask, in the order in which serving would fill a slate from them."""
    lists = np.full((len(asks), k), "", dtype=object)
    for row, ask in enumerate(asks):
        answer = recommend(release, ask)
        best = answer.candidates.rows[answer.values.order][:k]
        lists[row, : len(best)] = release.catalogue.ids[best]
    return lists
