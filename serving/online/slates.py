"""Slates drawn beforehand, as the store holds them: all that an answer and its logs say of one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from serving.ask import Ask
from serving.experiments.variant import in_arms
from serving.pipeline import NO_FEATURES, Answer
from serving.release.loaded import LoadedRelease
from serving.slate.draw import Draw
from serving.stages.blend import Candidates
from serving.stages.calibrate import Scores
from serving.stages.combine import Values
from serving.stages.compose import ComposedSlate, Slot
from serving.stages.hydrate import hydrate
from serving.stages.merge import Brought
from serving.stages.retrieve import Offers
from serving.trace import Trace

NOT_READY = "not_ready"
"""The fallback of a request on a batch surface whose slate is drawn now: none that fits was made beforehand."""


@dataclass(frozen=True)
class ReadySlot:
    """One slot. `sources`, `value` and `scores` are empty for an item of the reserve."""

    item_id: str
    propensity: float
    eligible: int
    explored: bool
    reason: str
    relaxed: tuple[str, ...]
    sources: tuple[str, ...]
    value: float | None
    scores: dict[str, float]


@dataclass(frozen=True)
class ReadySlate:
    """What was drawn at `drawn_at` for a user of `country`, and all else that it was drawn for."""

    drawn_at: str
    country: str | None
    history: tuple[str, ...] | None
    seen: tuple[str, ...]
    state: dict[str, float]
    arms: tuple[str, ...]
    policy: str
    slots: tuple[ReadySlot, ...]

    def encode(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @staticmethod
    def decode(stored: bytes) -> ReadySlate:
        content: dict[str, Any] = json.loads(stored)
        slots = (ReadySlot(**_tuples(slot, "relaxed", "sources")) for slot in content["slots"])
        return ReadySlate(**{**_tuples(content, "history", "seen", "arms"), "slots": tuple(slots)})


def entry(surface: str, release_id: str) -> str:
    """The name, under its owner, of the slate that a release made for them."""
    return f"slate/{surface}/{release_id}"


def ready(answer: Answer) -> ReadySlate:
    """`answer`, whose ask has a `drawn_at`, as the store holds it."""
    ask, drawn_at = answer.ask, answer.ask.drawn_at
    assert drawn_at is not None, "it is drawn beforehand"
    return ReadySlate(
        drawn_at=drawn_at.isoformat(),
        country=ask.country,
        history=ask.history,
        seen=ask.seen,
        state=dict(ask.state),
        arms=ask.arms,
        policy=answer.slate.policy,
        slots=tuple(_slot(answer, slot) for slot in answer.slate.slots),
    )


def fits(release: LoadedRelease, ask: Ask, slate: ReadySlate) -> bool:
    """Whether `slate`, which `release` made for the user of `ask`, is what it asks for.

    Nothing that was drawn is looked at, or what is logged would not be the probability of what is shown.
    """
    asks_for_it = ask.size in (None, release.surface.slate.size) and ask.history is None and not ask.seen
    return asks_for_it and (ask.country, ask.arms) == (slate.country, slate.arms)


def answered(release: LoadedRelease, ask: Ask, slate: ReadySlate) -> Answer:
    """The answer to `ask` by `slate`, which fits it: the same as `recommend` gives, but for what it was drawn from."""
    own = in_arms(release, ask.arms)
    ask = replace(
        ask,
        drawn_at=datetime.fromisoformat(slate.drawn_at),
        history=slate.history,
        seen=slate.seen,
        state=slate.state,
        posted=0,
    )
    trace = Trace()
    person = trace.run(hydrate, own, ask.drawn(own.release_id))
    ranked = [slot for slot in slate.slots if slot.sources]
    candidates, scores = _candidates(own, ranked), _scores(ranked)
    value = np.array([slot.value for slot in ranked], dtype=np.float32)
    values = Values(value, np.argsort(-value, kind="stable").astype(np.int64))
    composed = ComposedSlate(_slots(own, slate), slate.policy)
    return Answer(own, ask, person, Offers({}, {}), candidates, NO_FEATURES, scores, values, composed, trace)


def _slot(answer: Answer, slot: Slot) -> ReadySlot:
    drawn, c = slot.draw, slot.candidate
    told = (drawn.propensity, drawn.eligible, drawn.explored, drawn.reason, drawn.relaxed)
    item = str(answer.release.catalogue.ids[slot.row])
    if c < 0:
        return ReadySlot(item, *told, sources=(), value=None, scores={})
    scores = {head: float(some[c]) for head, some in answer.scores.calibrated.items()}
    return ReadySlot(item, *told, answer.candidates.sources[c], float(answer.values.value[c]), scores)


def _candidates(release: LoadedRelease, ranked: list[ReadySlot]) -> Candidates:
    names = list(release.sources)
    matrix = np.array([[name in slot.sources for name in names] for slot in ranked], dtype=np.bool_)
    rows = release.catalogue.rows([slot.item_id for slot in ranked])
    return Candidates(rows, np.zeros(len(rows), np.float32), Brought(names, matrix.reshape(len(rows), len(names))), {})


def _scores(ranked: list[ReadySlot]) -> Scores:
    heads = list(ranked[0].scores) if ranked else []
    columns = {head: np.array([slot.scores[head] for slot in ranked], dtype=np.float32) for head in heads}
    return Scores({}, columns, len(ranked))


def _slots(release: LoadedRelease, slate: ReadySlate) -> list[Slot]:
    found, ranked = [], 0
    for slot, row in zip(slate.slots, release.catalogue.rows([one.item_id for one in slate.slots]), strict=True):
        drawn = Draw(0, slot.propensity, slot.eligible, slot.explored, slot.relaxed, slot.reason)
        found.append(Slot(int(row), drawn, ranked if slot.sources else -1))
        ranked += bool(slot.sources)
    return found


def _tuples(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return content | {name: None if content[name] is None else tuple(content[name]) for name in names}
