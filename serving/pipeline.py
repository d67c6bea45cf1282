"""How a request becomes a slate: the stages in their order, and the steps down where one does not answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from serving.ask import Ask
from serving.experiments.variant import in_arms
from serving.fallback.chain import LIGHT, SOURCE, STAND_INS, failed_sources, stand_in, stand_ins
from serving.fallback.guard import UNGUARDED, Guard
from serving.release.loaded import LoadedRelease
from serving.stages.assemble import Features, assemble
from serving.stages.blend import Candidates, blend
from serving.stages.calibrate import Scores, calibrate
from serving.stages.combine import Values, combine
from serving.stages.compose import ComposedSlate, Draft, Judged, compose, draft
from serving.stages.hydrate import Person, hydrate
from serving.stages.light import Lit, light
from serving.stages.rank import rank
from serving.stages.retrieve import Offers, retrieve
from serving.stages.withhold import withhold
from serving.trace import Trace

STAGES = (hydrate, retrieve, blend, withhold, light, assemble, rank, calibrate, combine, compose)
NO_FEATURES = Features(np.empty((0, 0), dtype=np.float32), {})


@dataclass(frozen=True)
class Answer:
    """The slate of one request with what every stage made of it: all that a log of the request has to say.

    `ask` with its `fallbacks` (those it came with and those taken since) gives the same answer again.
    """

    release: LoadedRelease
    ask: Ask
    person: Person
    offers: Offers
    candidates: Candidates
    features: Features
    scores: Scores
    values: Values
    slate: ComposedSlate
    trace: Trace

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """Every step down that was taken, in order."""
        return self.ask.fallbacks


def recommend(release: LoadedRelease, ask: Ask, guard: Guard = UNGUARDED) -> Answer:
    """Answer `ask` from `release`, as its arms have it. Deterministic: chance is derived from the request id.

    Without a `guard` it is a pure function of both, and fallbacks are those that `ask` names. A guard adds deadlines
    and breakers: what they bring about is in the answer's `fallbacks`.
    """
    if ask.drawn_at is not None:
        return replace(recommend(release, ask.drawn(release.release_id), guard), ask=ask)
    release, trace = in_arms(release, ask.arms), Trace()
    person = trace.run(hydrate, release, ask)
    answer = _ranked(release, ask, person, trace, guard) or _stood_in(release, ask, person, trace, guard)
    items = tuple(str(release.catalogue.ids[slot.row]) for slot in answer.slate.slots)
    guard.answered(ask.user_id, items, answer.fallbacks)
    return answer


def drafted(release: LoadedRelease, ask: Ask) -> Draft:
    """What the slate of `ask` is drawn from: with it off-policy evaluation asks for whole distributions."""
    return draft_of(recommend(release, ask))


def draft_of(found: Answer) -> Draft:
    """What the slate of an answer was drawn from."""
    greedy = any(name in STAND_INS for name in found.fallbacks)
    judged = Judged(found.candidates, found.scores, found.values)
    return draft(found.release, found.ask.drawn(found.release.release_id), found.person, judged, greedy=greedy)


def _ranked(release: LoadedRelease, ask: Ask, person: Person, trace: Trace, guard: Guard) -> Answer | None:
    """The answer by retrieval and ranking; None where no source answers, or a step further down is asked for."""
    if any(name in ask.fallbacks for name in STAND_INS):
        return None
    offers = trace.run(retrieve, release, person, failed_sources(ask.fallbacks), guard)
    if not offers.learnt:
        return None
    ask = _fell(ask, *(f"{SOURCE}{name}" for name in offers.failed))
    merged = trace.run(blend, release, ask, offers)
    lit = trace.run(light, release, ask, trace.run(withhold, release, ask, person, merged))
    heavy = _heavy(release, ask, person, lit, trace=trace, guard=guard)
    if heavy is None:
        ask = _fell(ask, LIGHT)
        features, scores = NO_FEATURES, Scores({}, {}, lit.kept)
        values = trace.run(combine, release, replace(lit.candidates, scores=lit.scores), scores)
    else:
        features, scores = heavy
        values = trace.run(combine, release, lit.candidates, scores)
    slate = trace.run(compose, release, ask, person, Judged(lit.candidates, scores, values))
    return Answer(release, ask, person, offers, lit.candidates, features, scores, values, slate, trace)


def _heavy(
    release: LoadedRelease, ask: Ask, person: Person, lit: Lit, *, trace: Trace, guard: Guard
) -> tuple[Features, Scores] | None:
    """Features and scores of the heavy ranker; None if it does not answer in time, or must not be asked."""
    if LIGHT in ask.fallbacks:
        return None

    def ranker() -> tuple[Features, Scores, Trace]:
        own = Trace()
        features = own.run(assemble, release, ask, person, lit.candidates)
        return features, own.run(calibrate, release, own.run(rank, release, features)), own

    if release.ranker is None:
        features, scores, own = ranker()
    else:
        found = guard.each("stage", {"rank": ranker}, release.surface.deadlines.rank).get("rank")
        if found is None:
            return None
        features, scores, own = found
    trace.stages.extend(own.stages)
    return features, scores


def _stood_in(release: LoadedRelease, ask: Ask, person: Person, trace: Trace, guard: Guard) -> Answer:
    """The answer without retrieval: the user's last good slate, else what is popular where they are, or everywhere."""
    name, last_good = stand_in(release, ask, guard)
    ask = replace(_fell(ask, name), last_good=last_good)
    candidates = stand_ins(release, ask, person, name, last_good)
    scores = Scores({}, {}, candidates.kept)
    values = trace.run(combine, release, candidates, scores)
    slate = trace.run(compose, release, ask, person, Judged(candidates, scores, values), greedy=True)
    return Answer(release, ask, person, Offers({}, {}), candidates, NO_FEATURES, scores, values, slate, trace)


def _fell(ask: Ask, *names: str) -> Ask:
    """`ask` with those fallbacks of `names` that it does not name yet."""
    return replace(ask, fallbacks=tuple(dict.fromkeys((*ask.fallbacks, *names))))
