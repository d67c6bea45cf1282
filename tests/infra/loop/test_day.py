"""A day in the loop against a server that only keeps books: who is asked when, and when it hears of what happened."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import httpx
import numpy as np
import pytest

from infra.loop import day
from infra.loop.clock import SimulatedClock
from schemas.errors import InfrastructureError
from worlds.load import load
from worlds.logs.outcomes import logged
from worlds.logs.words import item_ids
from worlds.sessions import DAY_US, midnight
from worlds.world import World

SMALL = {"population.users": 150, "catalogue.items": 200, "catalogue.new_items": 5, "catalogue.creators": 40}


class Books:
    """Answers every request with the same items and notes what it hears, and when."""

    def __init__(self, world: World, clock: SimulatedClock) -> None:
        self.clock = clock
        self.items = [{"item_id": name} for name in item_ids(world, np.arange(8)).to_pylist()]
        self.asked: list[tuple[str, int]] = []
        self.heard: list[tuple[dict[str, Any], int]] = []
        self.settled = 0

    def post(self, url: str, *, json: Any) -> httpx.Response:
        request = httpx.Request("POST", f"http://server{url}")
        if url == "/v1/shorts/recommend":
            self.asked.append((json["request_id"], self.clock.microseconds))
            return httpx.Response(200, json={"items": self.items}, request=request)
        assert json["surface"] == "shorts"
        self.heard += [(row, self.clock.microseconds) for row in json["outcomes"]]
        return httpx.Response(200, json={}, request=request)

    def settle(self) -> None:
        self.settled += 1


@pytest.fixture(scope="module")
def world() -> World:
    return World(load("shorts", changes=SMALL))


@pytest.fixture(scope="module")
def lived(world: World) -> tuple[Books, day.Day]:
    clock = SimulatedClock(midnight(world.date))
    books = Books(world, clock)
    return books, day.live(world, books, clock, [], lambda _: None)


def test_everyone_is_asked_once_at_their_time(world: World, lived: tuple[Books, day.Day]) -> None:
    books, found = lived
    asked = world.requests()
    assert books.asked == list(zip(asked.ids().to_pylist(), asked.at.tolist(), strict=True))
    assert found.slates[:, :8].tolist() == [list(range(8))] * len(asked)
    assert (found.slates[:, 8:] == -1).all()


def test_every_outcome_is_heard_of_once_or_pending(world: World, lived: tuple[Books, day.Day]) -> None:
    books, found = lived
    happened = logged(world, world.respond(world.requests(), found.slates))
    names = Counter([row["outcome_id"] for row, _ in books.heard] + [row["outcome_id"] for row in found.pending])
    assert len(names) == len(happened.outcome) > 100
    assert set(names.values()) == {1}


def test_nothing_is_heard_of_before_it_occurs(lived: tuple[Books, day.Day]) -> None:
    books, _ = lived
    for row, at in books.heard:
        since = at - round(datetime.fromisoformat(row["occurred_at"]).timestamp() * 1e6)
        assert since >= 0
        assert "arrives_at" not in row


def test_what_occurs_after_midnight_waits_for_the_next_day(world: World, lived: tuple[Books, day.Day]) -> None:
    _, found = lived
    over = midnight(world.date) + DAY_US
    assert found.pending
    assert all(row["arrives_at"] >= over for row in found.pending)
    tomorrow = world.copy()
    tomorrow.pass_day()
    clock = SimulatedClock(over)
    books = Books(tomorrow, clock)
    day.live(tomorrow, books, clock, found.pending, lambda _: None)
    heard = {row["outcome_id"] for row, _ in books.heard}
    assert {row["outcome_id"] for row in found.pending if row["arrives_at"] < over + DAY_US} <= heard


def test_a_server_that_refuses_stops_the_loop_with_its_words(world: World) -> None:
    class Refusing(Books):
        def post(self, url: str, *, json: Any) -> httpx.Response:
            return httpx.Response(503, text="the disk is full", request=httpx.Request("POST", f"http://server{url}"))

    clock = SimulatedClock(midnight(world.date))
    with pytest.raises(InfrastructureError, match="recommend answered 503: the disk is full"):
        day.live(world, Refusing(world, clock), clock, [], lambda _: None)


def test_time_does_not_go_back() -> None:
    clock = SimulatedClock(5)
    clock.set(7)
    assert clock().microsecond == 7
    with pytest.raises(ValueError, match="goes back by 3 "):
        clock.set(4)
