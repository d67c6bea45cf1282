"""The facts of a release's items that rules and policies look at, gathered for one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from features.registry import batch
from serving.ask import Ask
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease
from serving.release.sources import IndexSource
from serving.slate.pool import RANKED, RESERVE, SEEN, Doubles, Floats, Mask, Pool, relevance
from surfaces.rules import Floor

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Ranked:
    """n candidates best first: catalogue `rows`, their `values` and, by name, the `scores` that floors may be of.

    `sources`: by source, whether it was the first that brought the item.
    """

    rows: Rows
    values: Floats
    scores: Mapping[str, Floats]
    sources: Mapping[str, Mask]


def pool_of(release: LoadedRelease, ask: Ask, ranked: Ranked, later: Rows, seen: Rows) -> Pool:
    """The candidates, then `later` rows of the reserve, then those the user has `seen`."""
    rows = np.concatenate([ranked.rows, later, seen])
    slate, more = release.surface.slate, len(later) + len(seen)
    tiers = np.repeat(np.array((RANKED, RESERVE, SEEN)), (len(ranked.rows), len(later), len(seen)))
    floor = slate.exploration.floor
    return Pool(
        items=rows,
        relevance=relevance(ranked.values, len(later), len(seen)),
        tiers=tiers,
        creators=release.catalogue.creators.codes[rows],
        topics=release.catalogue.topics.codes[rows],
        members=_members(release, ask, ranked, rows),
        barred=_barred(release, ranked, rows),
        explorable=None if floor is None else _reaches(ranked, floor, more),
        vectors=_vectors(release, rows),
        shown=impressions(release, rows) if slate.exploration.policy == "thompson" else None,
    )


def _members(release: LoadedRelease, ask: Ask, ranked: Ranked, rows: Rows) -> dict[str, Mask]:
    """Who belongs to each kind that the slate's rules name."""
    slate, catalogue = release.surface.slate, release.catalogue
    found = {f"mix {mix.label}": catalogue.bearing(mix.label, rows) for mix in slate.mix}
    if slate.sponsored is not None:
        found["sponsored"] = catalogue.bearing(slate.sponsored.label, rows)
    if slate.fresh is not None:
        found["fresh"] = _since(ask, catalogue.created[rows], slate.fresh.within)
    if slate.new_creators is not None:
        found["new_creators"] = _since(ask, catalogue.creator_since[rows], slate.new_creators.within)
    more = len(rows) - len(ranked.rows)
    for source in slate.sources:
        brought = ranked.sources.get(source, np.zeros(len(ranked.rows), dtype=np.bool_))
        found[f"sources {source}"] = np.concatenate([brought, np.full(more, source == "reserve")])
    return found


def _since(ask: Ask, times: Rows, within: timedelta) -> Mask:
    return np.asarray((times > 0) & (times >= ask.microseconds - within // MICROSECOND))


def _barred(release: LoadedRelease, ranked: Ranked, rows: Rows) -> dict[str, Mask]:
    slate = release.surface.slate
    found: dict[str, Mask] = {}
    if slate.supply:
        used = [item_feature(release, rule.feature, rows) > rule.most for rule in slate.supply]
        found["supply"] = np.any(used, axis=0)
    if slate.sponsored is not None and slate.sponsored.floor is not None:
        weak = ~_reaches(ranked, slate.sponsored.floor, len(rows) - len(ranked.rows))
        found["sponsored"] = weak & release.catalogue.bearing(slate.sponsored.label, rows)
    return found


def _reaches(ranked: Ranked, floor: Floor, more: int) -> Mask:
    """(n + more,) who reaches `floor`; nobody without that score, so nobody of the `more` that were not ranked."""
    scores = ranked.scores.get(floor.score)
    reached = np.zeros(len(ranked.rows), np.bool_) if scores is None else scores >= floor.least
    return np.concatenate([reached, np.zeros(more, dtype=np.bool_)])


def _vectors(release: LoadedRelease, rows: Rows) -> Floats | None:
    diversity = release.surface.slate.diversity
    if diversity is None or diversity.by == "attributes":
        return None
    source = release.sources.get(diversity.by)
    return source.vectors(rows) if isinstance(source, IndexSource) else None


def impressions(release: LoadedRelease, rows: Rows) -> Doubles:
    """(n,) impressions of each row over the longest window that the release counts; 0 where none are known."""
    names = [name for name in item_features(release) if name.startswith("item_log_impressions_")]
    if not names:
        return np.zeros(len(rows), dtype=np.float64)
    longest = max(names, key=lambda name: int(name.rpartition("_")[2]))
    return np.nan_to_num(np.expm1(item_feature(release, longest, rows).astype(np.float64)))


def item_feature(release: LoadedRelease, name: str, rows: Rows) -> Floats:
    """(n,) batch feature `name` of each row, NaN where unknown; raises KeyError for one that no item has."""
    entity = item_features(release)[name]
    return release.tables[entity].column(name)[release.item_side[entity][rows]]


def item_features(release: LoadedRelease) -> dict[str, str]:
    """The batch features that an item has by itself, its creator or its topic: name to entity."""
    return {f.name: f.entity for f in batch(release.surface) if f.entity in release.item_side}
