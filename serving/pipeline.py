"""How a request becomes a slate: the stages in their order."""

from __future__ import annotations

from dataclasses import dataclass

from serving.ask import Ask
from serving.experiments.variant import in_arms
from serving.release.loaded import LoadedRelease
from serving.stages.assemble import Features, assemble
from serving.stages.blend import Candidates, blend
from serving.stages.combine import Values, combine
from serving.stages.compose import ComposedSlate, compose
from serving.stages.hydrate import Person, hydrate
from serving.stages.rank import Scores, rank
from serving.stages.retrieve import Offers, retrieve
from serving.trace import Trace

STAGES = (hydrate, retrieve, blend, assemble, rank, combine, compose)


@dataclass(frozen=True)
class Answer:
    """The slate of one request with what every stage made of it: all that a log of the request has to say."""

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


def recommend(release: LoadedRelease, ask: Ask) -> Answer:
    """Answer `ask` from `release` alone, as its arms have it. Deterministic: chance is derived from the request id."""
    release, trace = in_arms(release, ask.arms), Trace()
    person = trace.run(hydrate, release, ask)
    offers = trace.run(retrieve, release, person)
    candidates = trace.run(blend, release, ask, offers)
    features = trace.run(assemble, release, ask, person, candidates)
    scores = trace.run(rank, release, features)
    values = trace.run(combine, release, candidates, scores)
    slate = trace.run(compose, release, ask, person, candidates, values)
    return Answer(release, ask, person, offers, candidates, features, scores, values, slate, trace)
