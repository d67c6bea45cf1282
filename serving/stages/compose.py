"""Last stage: the slate, drawn from the ranked candidates and, should they run out, from a reserve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from serving.ask import Ask
from serving.release.catalogue import Rows, among
from serving.release.loaded import LoadedRelease
from serving.slate.distributions import Plan
from serving.slate.draw import Draw, draw
from serving.slate.facts import Ranked, pool_of
from serving.slate.pool import RANKED, Pool
from serving.stages.blend import Candidates
from serving.stages.calibrate import Scores
from serving.stages.combine import Values
from serving.stages.hydrate import Person
from serving.stages.withhold import allowed
from surfaces.exploration import Exploration

RESERVE = 1000
"""Items of the release's reserve (its most popular) that back-fill is drawn from, and as many of the newest where a
minimum asks for fresh ones; all others only where these run out too."""
NOTHING = np.empty(0, dtype=np.int64)


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
    """The slots from the top, and the `policy` that drew them in the words of the log."""

    slots: list[Slot]
    policy: str = ""
    removed: Mapping[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return len(self.slots)


@dataclass(frozen=True)
class Judged:
    """The candidates with what the ranker and the surface's weights make of each."""

    candidates: Candidates
    scores: Scores
    values: Values


@dataclass(frozen=True)
class Draft:
    """All that a slate is drawn from: `pool` of the candidates, the `reserves` that enlarge it, and the `plan`."""

    pool: Pool
    reserves: tuple[Callable[[], Pool], ...]
    plan: Plan
    policy: str


def compose(release: LoadedRelease, ask: Ask, person: Person, judged: Judged, *, greedy: bool = False) -> ComposedSlate:
    """As many slots as were asked for; fewer only if no rule lets more of the catalogue be shown.

    `greedy`: explore nothing, for a slate that is itself a fallback.
    """
    one = draft(release, ask, person, judged, greedy=greedy)
    pool, drawn = draw(one.pool, one.plan, ask.request_id, one.reserves)
    return ComposedSlate([_slot(pool, judged.values, each) for each in drawn], one.policy)


def draft(release: LoadedRelease, ask: Ask, person: Person, judged: Judged, *, greedy: bool = False) -> Draft:
    """What the slate of `ask` is drawn from. `serving.slate.distributions.distribution` of its largest pool is the
    conditional distribution of any slot of any slate."""
    ranked = _ranked(release, judged)
    slate = release.surface.slate
    if greedy:
        slate = slate.model_copy(update={"exploration": Exploration()})
    setpoint = slate.exploration.setpoint(person.known, ask.country, ask.device)
    context = f"{release.release_id}\x1f{ask.user_id or ''}"
    return Draft(
        pool=pool_of(release, ask, ranked, NOTHING, NOTHING),
        reserves=(
            partial(_enlarged, release, ask, person, ranked, _first(release, ranked)),
            partial(_enlarged, release, ask, person, ranked, release.reserve),
        ),
        plan=Plan(slate, release.size_of(ask), setpoint, context),
        policy=slate.exploration.words(setpoint),
    )


def _ranked(release: LoadedRelease, judged: Judged) -> Ranked:
    """The candidates best first. Floors can be judged where the ranker scored, or where there is none to."""
    candidates, values, order = judged.candidates, judged.values.value, judged.values.order
    scores = {"value": values, **judged.scores.calibrated}
    return Ranked(
        rows=candidates.rows[order],
        values=values[order],
        scores={name: one[order] for name, one in scores.items()}
        if judged.scores.calibrated or release.ranker is None
        else {},
        sources={name: candidates.sources.first(name)[order] for name in release.surface.slate.sources},
    )


def _first(release: LoadedRelease, ranked: Ranked) -> Rows:
    """The most popular of the reserve, with the newest where a minimum asks for fresh items or creators."""
    slate, most = release.surface.slate, RESERVE + len(ranked.rows)
    popular = release.reserve[:most]
    if slate.fresh is None and slate.new_creators is None:
        return popular
    newest = release.catalogue.newest[:most]
    return np.concatenate([popular, newest[~among(newest, popular)]])


def _enlarged(release: LoadedRelease, ask: Ask, person: Person, ranked: Ranked, reserve: Rows) -> Pool:
    """The candidates, then those of `reserve` that are none and that policy allows: the unseen, then the seen."""
    others = allowed(release, ask, person, reserve[~among(reserve, ranked.rows)])
    seen = among(others, person.seen_rows)
    return pool_of(release, ask, ranked, others[~seen], others[seen])


def _slot(pool: Pool, values: Values, one: Draw) -> Slot:
    ranked = pool.tiers[one.index] == RANKED
    return Slot(int(pool.items[one.index]), one, int(values.order[one.index]) if ranked else -1)
