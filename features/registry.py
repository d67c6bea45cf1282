"""The features of a surface: its outcomes determine them, and their order is that of the dense matrix's columns."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from features.entities import Entity, entities
from features.feature import IMPRESSIONS, RESPONSE, AtRequest, Feature, FirstSeen, FromSession, Unknown, Window
from features.request import AFFINITY, NEIGHBOURS
from surfaces.surface import Surface


def registry(surface: Surface) -> tuple[Feature, ...]:
    """Every feature of `surface`, request tier first; the order is the order of columns."""
    training = surface.training
    said = _Said(
        kinds=tuple((name, outcome.kind) for name, outcome in surface.outcomes.items()),
        positives=tuple(training.positives.items()),
        half_life=training.half_life_days,
        history=surface.has("history"),
        session=surface.session.features,
    )
    return _registry(entities(surface), said)


def batch(surface: Surface, entity: str | None = None) -> tuple[Feature, ...]:
    """The batch features of `surface`, or those of one entity: the columns of gold.<entity>."""
    chosen = (feature for feature in registry(surface) if feature.tier == "batch")
    return tuple(feature for feature in chosen if entity in (None, feature.entity))


def realtime(surface: Surface) -> tuple[Feature, ...]:
    """The real-time features of `surface`: none unless its session says that the ranker is trained on them."""
    return tuple(feature for feature in registry(surface) if feature.tier == "realtime")


def schema_hash(features: Sequence[Feature]) -> str:
    """16 hex digits that change when a name, an order, a default or a computation does."""
    text = json.dumps([feature.definition() for feature in features], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Said:
    """What a surface file says that features depend on; hashable, so that the registry is built once."""

    kinds: tuple[tuple[str, str], ...]
    positives: tuple[tuple[str, float], ...]
    half_life: float
    history: bool
    session: bool


@functools.lru_cache(maxsize=64)
def _registry(known: tuple[Entity, ...], said: _Said) -> tuple[Feature, ...]:
    of_entities = [feature for entity in known for feature in _of_entity(entity, said)]
    of_session = _of_session() if said.session else ()
    return (*_at_request(said.history), *of_session, *_unknown(known), *of_entities)


def _at_request(history: bool) -> Iterator[Feature]:
    described = {
        "hour_sin": ("at", "sine of the time of day (UTC, period 24 h)"),
        "hour_cos": ("at", "cosine of the time of day (UTC, period 24 h)"),
        "weekday_sin": ("at", "sine of the day of the week (UTC, period 7 days)"),
        "weekday_cos": ("at", "cosine of the day of the week (UTC, period 7 days)"),
        "is_weekend": ("at", "1 on Saturday and Sunday (UTC)"),
        "item_log_age_hours": ("created_at", "ln(1 + hours since the item was created)"),
        "item_age_unknown": ("created_at", "1 where the item's creation time is unknown"),
        "item_log_duration": ("duration_s", "ln(1 + length of the item in seconds)"),
        "item_duration_unknown": ("duration_s", "1 where the length of the item is unknown"),
    }
    if history:
        described["log_history"] = ("history_length", "ln(1 + items in the frozen history, at most 50)")
        described["history_empty"] = ("history_length", "1 where the frozen history is empty")
        near = "inner product of the item's content with the mean content of the frozen history, unit vectors"
        described[AFFINITY] = ("affinity", near)
        akin = "square root of the mean cosine, by who responded to both, of the item and those of the frozen history"
        described[NEIGHBOURS] = ("neighbours", akin)
    for name, (needs, doc) in described.items():
        yield Feature(name, "request", "request", AtRequest(needs), doc)


def _of_session() -> Iterator[Feature]:
    described = {
        "session_log_impressions": ("impressions", "ln(1 + items shown in the session so far)"),
        "session_log_responses": ("responses", "ln(1 + items responded to in the session so far)"),
        "session_log_minutes": ("began", "ln(1 + minutes since the session began)"),
        "session_focus": ("vectors", "length of the mean of the unit vectors of what the session responded to"),
    }
    for name, (of, doc) in described.items():
        yield Feature(name, "realtime", "session", FromSession(of), doc)


def _unknown(known: Sequence[Entity]) -> Iterator[Feature]:
    for entity in known:
        if len(entity.key) == 1:
            of = f"{entity.name}_log_impressions_{entity.impressions[-1]}"
            doc = f"1 where nothing was known of the {entity.name} the day before"
            yield Feature(f"{entity.name}_unknown", "request", entity.name, Unknown(of), doc)


def _of_entity(entity: Entity, said: _Said) -> Iterator[Feature]:
    kinds = dict(said.kinds)
    yield from _counts(entity, [name for name, _ in said.positives])
    if len(entity.key) == 1:
        yield from (_ratio(entity, name, kind, days) for name, kind in said.kinds for days in entity.rates)
    else:
        yield from (_lift(entity, name, kinds[name], days) for name, _ in said.positives for days in entity.rates)
    decayed = Window(RESPONSE, entity.longest, half_life=said.half_life, weights=said.positives)
    doc = f"ln(1 + weighted positive outcomes of the {entity.name} over {entity.longest} days, decayed by age)"
    yield Feature(f"{entity.name}_log_response_decayed", "batch", entity.name, decayed, doc)
    if entity.responses:
        doc = f"days since the {entity.name} was first seen, within {entity.longest} days"
        computation = FirstSeen(entity.longest)
        yield Feature(f"{entity.name}_days_since_first_seen", "batch", entity.name, computation, doc)


def _counts(entity: Entity, positives: Sequence[str]) -> Iterator[Feature]:
    wanted = [(IMPRESSIONS, days) for days in entity.impressions]
    wanted += [(name, days) for name in positives[:1] for days in entity.responses]
    for measure, days in wanted:
        name = f"{entity.name}_log_{measure}_{days}"
        doc = f"ln(1 + {measure}) of the {entity.name} over {days} days"
        yield Feature(name, "batch", entity.name, Window(measure, days), doc)


def _ratio(entity: Entity, outcome: str, kind: str, days: int) -> Feature:
    doc = f"smoothed {outcome} per impression of the {entity.name} over {days} days"
    if kind == "binary":
        rate = Window(outcome, days, IMPRESSIONS, entity.strength, "linear")
        return Feature(f"{entity.name}_{outcome}_rate_{days}", "batch", entity.name, rate, doc)
    mean = Window(outcome, days, IMPRESSIONS, entity.strength, "log1p")
    return Feature(f"{entity.name}_{outcome}_log_mean_{days}", "batch", entity.name, mean, f"ln(1 + {doc})")


def _lift(entity: Entity, outcome: str, kind: str, days: int) -> Feature:
    ratio = Window(outcome, days, IMPRESSIONS, entity.strength, "lift")
    what = "rate" if kind == "binary" else "mean"
    doc = f"ln of the smoothed {outcome} {what} of the {entity.name} over {days} days relative to all items"
    return Feature(f"{entity.name}_{outcome}_lift_{days}", "batch", entity.name, ratio, doc)
