"""A day in the loop against a server that only keeps books: who is asked when, and when it hears of what happened."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest

from infra.loop import day
from infra.loop.clock import SimulatedClock
from schemas.errors import InfrastructureError
from tests.worlds.conftest import CLEAN
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
    return World(load("shorts", changes=SMALL | CLEAN))


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


def heard_of(faults: dict[str, Any]) -> tuple[World, Books, day.Day]:
    world = World(load("shorts", changes=SMALL | CLEAN | {f"faults.{name}": fault for name, fault in faults.items()}))
    clock = SimulatedClock(midnight(world.date))
    books = Books(world, clock)
    return world, books, day.live(world, books, clock, [], lambda _: None)


def test_outcomes_come_late_and_twice_as_the_worlds_faults_have_it(lived: tuple[Books, day.Day]) -> None:
    late = {"one_day": 0.5, "two_days": 0.25}
    world, books, found = heard_of({"late": late, "repeated": {"outcomes": 0.5, "next_day": 0.0}})
    clean, usual = lived
    assert {row["outcome_id"] for row, _ in books.heard} | {row["outcome_id"] for row in found.pending} == {
        row["outcome_id"] for row, _ in clean.heard
    } | {row["outcome_id"] for row in usual.pending}
    after = np.array([row["arrives_at"] - midnight(world.date) for row in found.pending]) // DAY_US
    assert {1, 2} <= set(after.tolist()) <= {1, 2, 3}
    names = Counter([row["outcome_id"] for row, _ in books.heard] + [row["outcome_id"] for row in found.pending])
    assert np.mean([count == 2 for count in names.values()]) == pytest.approx(0.5, abs=0.15)


def test_an_outage_is_silence_and_a_wrong_clock_tells_wrong_times_at_the_right_time(
    lived: tuple[Books, day.Day],
) -> None:
    clean, _ = lived
    world, books, _ = heard_of({"outage": {"country": "US"}})
    country = dict(zip(world.requests().ids().to_pylist(), world.requests().country.tolist(), strict=True))
    silent = {country[row["impression_id"].rpartition(":")[0]] for row, _ in books.heard}
    assert silent == {country[row["impression_id"].rpartition(":")[0]] for row, _ in clean.heard} - {0}
    _, books, _ = heard_of({"clock_skew": {"share": 1.0, "seconds": -3600.0}})
    assert [at for _, at in books.heard] == [at for _, at in clean.heard]
    said = {row["outcome_id"]: datetime.fromisoformat(row["occurred_at"]) for row, _ in books.heard}
    true = {row["outcome_id"]: datetime.fromisoformat(row["occurred_at"]) for row, _ in clean.heard}
    assert {true[name] - said[name] for name in said} == {timedelta(hours=1)}


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
