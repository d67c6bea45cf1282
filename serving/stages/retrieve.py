"""Second stage: every retrieval source of the surface offers its best, all at the same time where that helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from serving.fallback.guard import UNGUARDED, Guard
from serving.release.catalogue import among
from serving.release.loaded import LoadedRelease
from serving.release.sources import Offer
from serving.stages.hydrate import Person
from serving.trace import nonzero
from surfaces.surface import SourceName


@dataclass(frozen=True)
class Offers:
    """What each source offers, by its name. `failed`: sources that did not answer in time, or at all."""

    by_source: Mapping[SourceName, Offer]
    removed: Mapping[str, int]
    failed: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        return sum(len(offer) for offer in self.by_source.values())


def retrieve(
    release: LoadedRelease, person: Person, without: frozenset[str] = frozenset(), guard: Guard = UNGUARDED
) -> Offers:
    """At most `max_quota` unseen items from each source; a source that knows nothing of the person offers nothing.

    Sources in `without` are not asked and count as failed.
    """
    request, quotas = person.requests, release.surface.retrieval
    asked = {
        name: (lambda source=source, k=quotas[name].max_quota: source.offer(request, k))
        for name, source in release.sources.items()
        if name not in without
    }
    found = guard.each("source", asked, release.surface.deadlines.retrieve)
    offers: dict[SourceName, Offer] = {}
    removed = {"seen": 0, "not in the catalogue": 0}
    for name in release.sources:
        offer = found.get(name)
        if offer is None:
            continue
        seen, foreign = among(offer.rows, person.seen_rows), offer.rows < 0
        fresh, quota = ~seen & ~foreign, quotas[name].max_quota
        offers[name] = Offer(offer.rows[fresh][:quota], offer.scores[fresh][:quota])
        removed["seen"] += int(seen.sum())
        removed["not in the catalogue"] += int(foreign.sum())
    return Offers(offers, nonzero(removed), tuple(name for name in release.sources if name not in found))
