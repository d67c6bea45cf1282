"""Second stage: every retrieval source of the surface offers its best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from serving.release.loaded import LoadedRelease
from serving.release.sources import Offer
from serving.stages.hydrate import Person
from serving.trace import nonzero
from surfaces.surface import SourceName


@dataclass(frozen=True)
class Offers:
    """What each source offers, by its name."""

    by_source: Mapping[SourceName, Offer]
    removed: Mapping[str, int]

    @property
    def kept(self) -> int:
        return sum(len(offer) for offer in self.by_source.values())


def retrieve(release: LoadedRelease, person: Person) -> Offers:
    """At most `max_quota` unseen items from each source; a source that knows nothing of the person offers nothing."""
    request = person.requests
    offers: dict[SourceName, Offer] = {}
    removed = {"seen": 0, "not in the catalogue": 0}
    for name, source in release.sources.items():
        quota = release.surface.retrieval[name].max_quota
        found = source.offer(request, quota)
        seen, foreign = np.isin(found.rows, person.seen_rows), found.rows < 0
        fresh = ~seen & ~foreign
        offers[name] = Offer(found.rows[fresh][:quota], found.scores[fresh][:quota])
        removed["seen"] += int(seen.sum())
        removed["not in the catalogue"] += int(foreign.sum())
    return Offers(offers, nonzero(removed))
