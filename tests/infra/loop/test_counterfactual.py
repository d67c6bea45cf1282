"""Policies in the server's place for a day: the same users that morning, and what each makes of the day itself."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from infra.loop.counterfactual import live
from infra.loop.seen import Recent, Seen
from surfaces.surface import Session
from worlds.draws import Codes
from worlds.load import load
from worlds.memory import consumption
from worlds.sessions import Requests
from worlds.truth.past import Past
from worlds.truth.policies import Optimal, Popular
from worlds.world import World

SMALL = {"population.users": 60, "catalogue.items": 150, "catalogue.new_items": 5, "catalogue.creators": 40}


@pytest.fixture
def world() -> World:
    found = World(load("shorts", changes=SMALL), 3)
    found.pass_day()
    return found


def served(world: World, past: Seen) -> tuple[Requests, Codes]:
    """A day that the optimum serves, taken up by the world and by what was seen."""
    asked = world.requests()
    slates = live(world, asked, past, Optimal().slates)
    past.show(asked, slates)
    happened = world.respond(asked, slates)
    past.consume(asked, happened)
    world.advance(asked, happened)
    return asked, slates


def seen(asked: Requests, slates: Codes) -> list[tuple[int, int]]:
    users = np.repeat(asked.user, slates.shape[1])[(slates >= 0).ravel()]
    return list(zip(users.tolist(), slates[slates >= 0].tolist(), strict=True))


def test_nobody_is_shown_the_same_again_on_the_day_or_the_next(world: World) -> None:
    past = Seen.nothing(world.surface)
    shown = [pair for _ in range(2) for pair in seen(*served(world, past))]
    assert len(shown) == len(set(shown)) > 500


def test_what_users_have_forgotten_is_not_shown_again_within_the_training_window() -> None:
    """The server remembers for them; so does who stands in its place."""
    forgetful = World(load("shorts", changes=SMALL | {"memory": 1}), 3)
    past = Seen(Recent(timedelta(0)), Recent(timedelta(days=7)))
    eaten: set[tuple[int, int]] = set()
    for _ in range(2):
        before = forgetful.copy()
        asked, slates = served(forgetful, past)
        assert not eaten & set(seen(asked, slates))
        had = consumption(asked, before.respond(asked, slates))
        eaten |= set(zip(had.user.tolist(), had.item.tolist(), strict=True))
    assert len(eaten) > 100


def test_a_surface_that_shows_again_bars_only_what_was_consumed(world: World) -> None:
    free = World(world.config, 3, surface=world.surface.model_copy(update={"session": Session(seen=False)}))
    past = Seen.nothing(free.surface)
    shown = [pair for _ in range(2) for pair in seen(*served(free, past))]
    assert len(shown) > len(set(shown))


def test_a_day_in_the_servers_place_leaves_the_world_and_what_was_seen_alone(world: World) -> None:
    past = Seen.nothing(world.surface)
    served(world, past)
    before = (world.consumed.copy(), {name: events.copy() for name, events in past.state().items()})
    asked = world.requests()
    first, again = (live(world, asked, past, Optimal().slates) for _ in range(2))
    assert (first == again).all()
    assert (world.consumed == before[0]).all()
    assert all((past.state()[name] == events).all() for name, events in before[1].items())


def test_a_request_is_answered_knowing_what_came_of_the_earlier_ones(world: World) -> None:
    told: list[tuple[Requests, Past]] = []

    def answer(world: World, asked: Requests, past: Past) -> Codes:
        told.append((asked, past))
        return Popular().slates(world, asked, past)

    asked = world.requests()
    live(world, asked, Seen.nothing(world.surface), answer)
    assert sum(len(part) for part, _ in told) == len(asked)
    assert all(len(np.unique(part.user)) == len(part) for part, _ in told)
    assert len(told[0][1].lately.item) == 0 < len(told[-1][1].lately.item)
