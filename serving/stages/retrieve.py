"""Second stage: every retrieval source of the surface offers its best, all at the same time where that helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from serving.fallback.guard import UNGUARDED, Guard
from serving.release.catalogue import among
from serving.release.loaded import LoadedRelease
from serving.release.sources import NEWEST, ListSource, Offer
from serving.stages.hydrate import Person
from serving.trace import nonzero


@dataclass(frozen=True)
class Offers:
    """What each source offers, by its name. `failed`: sources that did not answer in time, or at all."""

    by_source: Mapping[str, Offer]
    removed: Mapping[str, int]
    failed: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        return sum(len(offer) for offer in self.by_source.values())

    @property
    def learnt(self) -> bool:
        """Whether any source answered that a model stands behind: the newest items alone make no slate."""
        return bool(self.by_source.keys() - {NEWEST})


def retrieve(
    release: LoadedRelease, person: Person, without: frozenset[str] = frozenset(), guard: Guard = UNGUARDED
) -> Offers:
    """At most `max_quota` unseen items from each source; a source that knows nothing of the person offers nothing.

    Sources in `without` are not asked and count as failed. A list is at hand: nothing has to guard it.
    """
    request, quotas = person.requests, release.quotas
    asked = {name: release.sources[name] for name in quotas if name not in without}
    at_hand = {
        name: source.offer(request, quotas[name].max_quota)
        for name, source in asked.items()
        if isinstance(source, ListSource)
    }
    calls = {
        name: partial(source.offer, request, quotas[name].max_quota)
        for name, source in asked.items()
        if name not in at_hand
    }
    found = at_hand | guard.each("source", calls, release.surface.deadlines.retrieve)
    offers: dict[str, Offer] = {}
    removed = {"seen": 0, "not in the catalogue": 0}
    for name, quota in quotas.items():
        offer = found.get(name)
        if offer is None:
            continue
        seen, foreign = among(offer.rows, person.seen_rows), offer.rows < 0
        fresh, most = ~seen & ~foreign, quota.max_quota
        offers[name] = Offer(offer.rows[fresh][:most], offer.scores[fresh][:most])
        removed["seen"] += int(seen.sum())
        removed["not in the catalogue"] += int(foreign.sum())
    return Offers(offers, nonzero(removed), tuple(name for name in quotas if name not in found))
