"""A day in the loop: users ask, the server answers, things happen, and the server hears of them when they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from infra.loop.clock import SimulatedClock
from infra.loop.server import Server, answered
from serving.logs.records import impression_id
from worlds.draws import Codes
from worlds.logs import delivery
from worlds.logs.outcomes import days_late, outcome_rows
from worlds.logs.words import row_of, user_ids
from worlds.outcomes import Outcomes
from worlds.sessions import DAY_US, Requests, midnight
from worlds.world import World

WAVE_US = 60_000_000
"""Requests of so much time are answered before any of their outcomes is heard of: less than between two of a user."""
BATCH = 500
"""Outcomes sent at once."""

Row = dict[str, Any]
"""One outcome as it goes over the wire, with its `arrives_at` in UTC microseconds."""


@dataclass(frozen=True)
class Day:
    """What a day was: `asked` (r requests), the `slates` (r, k) they were shown, all that `happened`, and the rows of
    `pending` outcomes that the server has not heard of yet."""

    asked: Requests
    slates: Codes
    happened: Outcomes
    pending: list[Row]


def live(world: World, server: Server, clock: SimulatedClock, pending: list[Row], told: Callable[[int], None]) -> Day:
    """Serve the world's day; `pending` are outcomes of earlier days. `told` hears how many requests were answered."""
    asked = world.requests()
    slates = np.full((len(asked), world.surface.slate.size), -1, dtype=np.int64)
    waiting = sorted(pending, key=arrival)
    for wave in _waves(asked):
        waiting = _hear(server, clock, world, waiting, until=int(asked.at[wave[0]]))
        part = asked.take(wave)
        slates[wave] = _answers(world, server, clock, part)
        happened = to_hear(world, part, world.respond(part, slates[wave]), _impression_ids(part, slates[wave]))
        waiting = sorted([*waiting, *happened], key=arrival)
        told(int(wave[-1]) + 1)
    waiting = _hear(server, clock, world, waiting, until=midnight(world.date) + DAY_US - 1)
    return Day(asked, slates, world.respond(asked, slates), waiting)


def to_hear(world: World, asked: Requests, happened: Outcomes, impression_ids: pa.Array) -> list[Row]:
    """What a server is to hear of what `happened` to `asked`, each when it occurs, or as much later, twice or never,
    as the world's faults have it.

    `impression_ids` (r k,), raveled, are those of the requests' slots.
    """
    seen = delivery.getting_through(world, asked, happened)
    said = outcome_rows(delivery.by_clock(world, asked, seen), asked.ids(), impression_ids)
    rows = said.drop_columns(["request_id"]).to_pylist()
    heard = []
    for delivered in delivery.outcomes(world, asked, seen):
        # Events of later days need no delay: they arrive when they occur, and the day says so.
        late = (delivered.after - days_late(world, seen)[delivered.row]) * DAY_US
        for row, at in zip(delivered.row.tolist(), (seen.occurred_at[delivered.row] + late).tolist(), strict=True):
            heard.append(rows[row] | {"occurred_at": rows[row]["occurred_at"].isoformat(), "arrives_at": at})
    return heard


def _waves(asked: Requests) -> Iterator[Codes]:
    """Indices of the requests of each stretch of time that has some."""
    wave = (asked.at - midnight(asked.date)) // WAVE_US
    edges = np.flatnonzero(np.diff(wave, prepend=-1))
    for start, end in zip(edges, [*edges[1:], len(asked)], strict=True):
        yield np.arange(start, end)


def _answers(world: World, server: Server, clock: SimulatedClock, asked: Requests) -> Codes:
    people = world.config.population
    names, areas = (asked.ids(), asked.session_ids(), user_ids(asked.user)), world.areas(asked)
    labels = (tuple(people.countries), tuple(people.devices), tuple(people.networks))
    slates = np.full((len(asked), world.surface.slate.size), -1, dtype=np.int64)
    for nth, (request, session, user) in enumerate(zip(*(column.to_pylist() for column in names), strict=True)):
        clock.set(int(asked.at[nth]))
        country, device, network = (
            words[codes[nth]] for words, codes in zip(labels, (asked.country, asked.device, asked.network), strict=True)
        )
        context = {"country": country, "device": device, "network": network}
        if areas is not None:
            context["area"] = areas[nth]
        body = {"request_id": request, "session_id": session, "user_id": user, "context": context}
        answer = answered(server.post(f"/v1/{world.surface.surface}/recommend", json=body))
        items = [row_of(shown["item_id"]) for shown in answer["items"]]
        slates[nth, : len(items)] = items
    return slates


def _hear(server: Server, clock: SimulatedClock, world: World, waiting: list[Row], until: int) -> list[Row]:
    """Send what has arrived `until` then; what is still on its way."""
    now = [row for row in waiting if row["arrives_at"] <= until]
    clock.set(max(until, clock.microseconds))
    for start in range(0, len(now), BATCH):
        some = [
            {name: value for name, value in row.items() if name != "arrives_at"} for row in now[start : start + BATCH]
        ]
        answered(server.post("/v1/outcomes", json={"surface": world.surface.surface, "outcomes": some}))
    server.settle()
    return waiting[len(now) :]


def _impression_ids(asked: Requests, slates: Codes) -> pa.Array:
    return pa.array([impression_id(name, slot) for name in asked.ids().to_pylist() for slot in range(slates.shape[1])])


def arrival(row: Row) -> tuple[int, str]:
    """The order in which outcomes are heard of."""
    return row["arrives_at"], row["outcome_id"]
