"""A tiny world of raw events, the labelled rows a join makes of them, and plain-Python answers about what was known."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from features.entities import ENTITIES, SEPARATOR, Entity
from features.feature import Feature, FirstSeen, Window
from features.registry import batch
from features.tables import labelled
from jobs.night import Night
from schemas.tables import BRONZE, SILVER_ITEM
from surfaces.surface import Surface

FIRST = date(2026, 1, 1)


def day(number: int) -> date:
    """2026-01-`number`."""
    return FIRST + timedelta(days=number - 1)


def moment(number: int, second: int) -> datetime:
    return datetime.combine(day(number), time(), UTC) + timedelta(seconds=second)


@dataclass(frozen=True)
class Shown:
    """One impression: shown on day `on`, its log arriving on day `arrived`."""

    id: str
    user: str | None
    item: str
    on: int
    arrived: int
    second: int = 0


@dataclass(frozen=True)
class Happened:
    """One outcome of impression `of`, arriving on day `arrived`."""

    of: str
    outcome: str
    arrived: int
    value: float = 1.0


@dataclass(frozen=True)
class World:
    """Raw events and the item dimension: item -> (creator, topic, day it became known)."""

    shown: tuple[Shown, ...]
    happened: tuple[Happened, ...]
    items: Mapping[str, tuple[str | None, str | None, int]] = field(default_factory=dict)

    def without_arrivals(self, since: int) -> World:
        """The same world in which outcomes arriving on day `since` or later never happened."""
        return replace(self, happened=tuple(event for event in self.happened if event.arrived < since))


def random_world(seed: int, days: int = 6, users: int = 4, items: int = 6, per_day: int = 14) -> World:
    """Some late impressions, some late and repeated outcomes, one item that no dimension describes."""
    rng = np.random.default_rng(seed)
    shown, happened = [], []
    for on in range(1, days + 1):
        for number in range(per_day):
            user, item = f"u{rng.integers(users)}", f"i{rng.integers(items)}"
            arrived = on + int(rng.random() < 0.15)
            shown.append(Shown(f"{on}-{number}", user, item, on, arrived, int(rng.integers(80000))))
            for outcome, chance in (("click", 0.5), ("dwell", 0.5), ("dwell", 0.2), ("like", 0.25), ("hide", 0.1)):
                if rng.random() < chance:
                    value = round(float(rng.uniform(0, 200)), 3) if outcome == "dwell" else 1.0
                    happened.append(Happened(f"{on}-{number}", outcome, on + int(rng.choice([0, 0, 1, 2])), value))
    known = {f"i{n}": (f"c{n % 2}", None if n == 2 else f"t{n % 3}", 1 + n % 3) for n in range(items - 1)}
    return World(tuple(shown), tuple(happened), known)


# -- what a join makes of it ----------------------------------------------------------------------------------------


def versions(world: World, surface: Surface, horizon: int) -> list[dict[str, Any]]:
    """The rows of silver.labelled once days up to `horizon` have arrived."""
    by_impression = defaultdict(list)
    for event in world.happened:
        by_impression[event.of].append(event)
    rows = []
    for shown in world.shown:
        events = by_impression[shown.id]
        begins = sorted({shown.arrived, *(max(shown.arrived, event.arrived) for event in events)})
        begins = [begin for begin in begins if begin <= horizon]
        for place, begin in enumerate(begins):
            until = begins[place + 1] if place + 1 < len(begins) else None
            known = {"known_from": day(begin), "known_until": until and day(until)}
            rows.append(known | _version(surface, shown, events, begin, horizon))
    return rows


def _version(surface: Surface, shown: Shown, events: list[Happened], begin: int, horizon: int) -> dict[str, Any]:
    row: dict[str, Any] = {"event_day": day(shown.on), "impression_id": shown.id, "request_id": f"r{shown.id}"}
    row |= {"user_id": shown.user, "item_id": shown.item, "shown_at": moment(shown.on, shown.second)}
    row["arrival_day"] = day(shown.arrived)
    for name, outcome in surface.outcomes.items():
        values = [event.value for event in events if event.outcome == name and event.arrived <= begin]
        most = 1.0 if outcome.kind == "binary" else outcome.cap or math.inf
        seen = min(sum(values), most)
        closes = (row["shown_at"] + outcome.window).date()
        row[f"{name}_seen"], row[f"{name}_known"] = seen, max(closes, day(begin))
        row[name] = seen if closes <= day(horizon) else None
    return row


def write(night: Night, world: World, horizon: int) -> None:
    """silver.labelled, silver.item and bronze.request as they are once days up to `horizon` have arrived."""
    lake, table = night.lake, labelled(night.surface)
    lake.write_arrow(pa.Table.from_pylist(versions(world, night.surface, horizon), table.arrow()), table, "true")
    described = [_item(item, *known) for item, known in world.items.items() if known[2] <= horizon]
    lake.write_arrow(pa.Table.from_pylist(described, SILVER_ITEM.arrow()), SILVER_ITEM, "true")
    asked = [_request(shown) for shown in world.shown if shown.arrived <= horizon]
    request = BRONZE["request"]
    lake.write_arrow(pa.Table.from_pylist(asked, request.arrow()), request, "true")


def _item(item: str, creator: str | None, topic: str | None, known: int) -> dict[str, Any]:
    row = {"schema_version": 1, "item_id": item, "creator_id": creator, "topic": topic, "known_from": day(known)}
    return row | {"updated_at": moment(known, 0), "created_at": moment(1, 0)}


def _request(shown: Shown) -> dict[str, Any]:
    row = {"schema_version": 1, "request_id": f"r{shown.id}", "user_id": shown.user, "country": "DE", "area": "7"}
    row |= {"device": "phone", "history": ["i0"] * (shown.second % 3), "arrival_day": day(shown.arrived)}
    row |= {"state": [("session_log_minutes", shown.second % 7 + 0.5)] if shown.second % 2 else None}
    return row | {"requested_at": moment(shown.on, shown.second)}


# -- plain answers --------------------------------------------------------------------------------------------------

Counts = dict[tuple[int, str, str], dict[str, float]]
"""(arrival day, entity, key) -> measure -> amount."""


def counts(world: World, surface: Surface) -> Counts:
    """What became known on each arrival day, event by event."""
    found: Counts = defaultdict(lambda: defaultdict(float))
    shown = {one.id: one for one in world.shown}

    def add(one: Shown, arrived: int, measure: str, amount: float) -> None:
        creator, topic, known = world.items.get(one.item, (None, None, math.inf))
        described = {"creator_id": creator, "topic": topic} if known <= arrived else {}
        columns = {"user_id": one.user, "item_id": one.item, **described}
        for entity in ENTITIES:
            parts = [columns.get(column) for column in entity.key]
            if None not in parts:
                found[arrived, entity.name, SEPARATOR.join(map(str, parts))][measure] += amount

    for one in world.shown:
        add(one, one.arrived, "impressions", 1.0)
    total: dict[tuple[str, str], float] = defaultdict(float)
    for event in sorted(world.happened, key=lambda event: event.arrived):
        outcome, one = surface.outcomes[event.outcome], shown[event.of]
        most = 1.0 if outcome.kind == "binary" else outcome.cap or math.inf
        before = min(total[event.of, event.outcome], most)
        total[event.of, event.outcome] += event.value
        gained = min(total[event.of, event.outcome], most) - before
        add(one, max(one.arrived, event.arrived), event.outcome, gained)
    return found


def expected(world: World, surface: Surface, entity: Entity, as_of: int) -> dict[str, dict[str, float | None]]:
    """key -> feature -> value as of the end of a day, by adding up every event that had arrived."""
    return expected_of(counts(world, surface), surface, entity, as_of)


def expected_of(counted: Counts, surface: Surface, entity: Entity, as_of: int) -> dict[str, dict[str, float | None]]:
    """The same from what became known on each day."""
    answer = {}
    everything = _look({found: amounts for found, amounts in counted.items() if found[1] == "item"}, as_of)
    for key in {key for (_, kind, key) in counted if kind == entity.name}:
        own = {found: amounts for found, amounts in counted.items() if found[1:] == (entity.name, key)}
        look = _look(own, as_of)
        answered = any(look(outcome, entity.longest) > 0 for outcome in surface.outcomes)
        if look("impressions", entity.longest) >= (2 if entity.sparse else 1) or answered:
            features = batch(surface, entity.name)
            answer[key] = {feature.name: _value(feature, look, everything) for feature in features}
    return answer


Look = Callable[..., float]


def _look(counted: Counts, as_of: int) -> Look:
    def look(measure: str, days: int, weigh: Callable[[int], float] = lambda _: 1.0) -> float:
        ages = ((as_of - arrived, amounts) for (arrived, _, _), amounts in counted.items())
        return sum(weigh(age) * amounts.get(measure, 0.0) for age, amounts in ages if 0 <= age < days)

    return look


def _value(feature: Feature, look: Look, everything: Look) -> float | None:
    computation = feature.computation
    if isinstance(computation, FirstSeen):
        seen = [age for age in range(computation.days) if look("impressions", age + 1) > look("impressions", age)]
        return max(seen, default=None)
    assert isinstance(computation, Window)
    value = _amount(computation, look)
    if computation.denominator is not None:
        below = everything(computation.denominator, computation.days)
        if not below:
            return None
        prior = everything(computation.numerator, computation.days) / below
        shown = look(computation.denominator, computation.days)
        value = (value + computation.strength * prior) / (shown + computation.strength)
        if computation.scale == "lift":
            return math.log(value / prior) if prior else None
    return math.log1p(value) if computation.scale == "log1p" else value


def _amount(window: Window, look: Look) -> float:
    half_life = window.half_life
    if half_life is None:
        return look(window.numerator, window.days)
    parts: Iterable[tuple[str, float]] = window.weights or ((window.numerator, 1.0),)
    return sum(weight * look(name, window.days, lambda age: 0.5 ** (age / half_life)) for name, weight in parts)


def expected_sequences(world: World, positives: Sequence[str], as_of: int) -> dict[str, list[str]]:
    """user -> items responded to, oldest first, each at its latest time, of the responses known on a day."""
    arrived = {one.id: one for one in world.shown}
    latest: dict[str, dict[str, datetime]] = defaultdict(dict)
    for event in world.happened:
        one = arrived[event.of]
        if event.outcome in positives and max(one.arrived, event.arrived) <= as_of and one.user is not None:
            at = moment(one.on, one.second)
            latest[one.user][one.item] = max(at, latest[one.user].get(one.item, at))
    return {
        user: [item for _, item in sorted((at, item) for item, at in items.items())][-50:]
        for user, items in latest.items()
    }
