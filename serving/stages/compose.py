"""Last stage: the slate, drawn from the ranked candidates and, should they run out, from a reserve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from serving.ask import Ask
from serving.release.catalogue import Rows
from serving.release.loaded import LoadedRelease
from serving.slate.draw import BACKFILL, RANKED, RESERVE, SEEN, STRICT, Draw, Pool, draw
from serving.stages.blend import Candidates
from serving.stages.combine import Values
from serving.stages.hydrate import Person


@dataclass(frozen=True)
class Slot:
    """One slot of the slate: the catalogue `row` shown, how it was drawn, and its place among the candidates.

    `candidate` is -1 for an item of the reserve, which no source offered and the ranker did not see.
    """

    row: int
    draw: Draw
    candidate: int


@dataclass(frozen=True)
class ComposedSlate:
    """The slots from the top."""

    slots: list[Slot]
    removed: Mapping[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return len(self.slots)


def compose(release: LoadedRelease, ask: Ask, person: Person, candidates: Candidates, values: Values) -> ComposedSlate:
    """As many slots as were asked for; fewer only if the catalogue has fewer items."""
    size = release.size_of(ask)
    rules = release.surface.slate
    ranked = candidates.rows[values.order]
    pool = _pool(release, (ranked,))
    drawn = draw(pool, rules, size, ask.request_id, STRICT)
    if len(drawn) < size:
        # Slots drawn from the ranked candidates come out the same again: their sets and their luck are the same.
        pool = _pool(release, (ranked, *_reserve(release, person, ranked)))
        drawn = draw(pool, rules, size, ask.request_id, BACKFILL)
    return ComposedSlate([_slot(pool, values, one) for one in drawn])


def _slot(pool: Pool, values: Values, one: Draw) -> Slot:
    ranked = pool.tiers[one.index] == RANKED
    return Slot(int(pool.items[one.index]), one, int(values.order[one.index]) if ranked else -1)


def _pool(release: LoadedRelease, tiers: tuple[Rows, ...]) -> Pool:
    rows = np.concatenate(tiers)
    catalogue = release.catalogue
    lengths = [len(tier) for tier in tiers]
    return Pool(
        items=rows,
        creators=catalogue.creators.codes[rows],
        topics=catalogue.topics.codes[rows],
        tiers=np.repeat(np.array((RANKED, RESERVE, SEEN)[: len(tiers)]), lengths),
    )


def _reserve(release: LoadedRelease, person: Person, ranked: Rows) -> tuple[Rows, Rows]:
    """Every other item of the catalogue, most popular first: those unseen, and those seen."""
    others = release.reserve[~np.isin(release.reserve, ranked)]
    seen = np.isin(others, person.seen_rows)
    return others[~seen], others[seen]
