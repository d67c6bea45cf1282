"""Policies beside the server: the same users and requests, each policy with the past that it made itself."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from infra.loop.lives import Answer, Life
from infra.loop.recent import Recent
from surfaces.surface import Session
from worlds.draws import Codes
from worlds.load import load
from worlds.memory import consumption
from worlds.sessions import Requests
from worlds.truth.past import Past
from worlds.truth.policies import Optimal, Popular, Random
from worlds.world import World

SMALL = {"population.users": 60, "catalogue.items": 150, "catalogue.new_items": 5, "catalogue.creators": 40}


@pytest.fixture
def world() -> World:
    found = World(load("shorts", changes=SMALL), 3)
    found.pass_day()
    return found


def day_of(life: Life, answer: Answer) -> tuple[Requests, Codes]:
    asked = life.world.requests()
    slates = life.live(asked, answer)
    life.advance(asked, slates)
    return asked, slates


def seen(asked: Requests, slates: Codes) -> list[tuple[int, int]]:
    users = np.repeat(asked.user, slates.shape[1])[(slates >= 0).ravel()]
    return list(zip(users.tolist(), slates[slates >= 0].tolist(), strict=True))


def test_nobody_is_shown_the_same_again_on_the_day_or_the_next(world: World) -> None:
    life = Life.beside(world)
    shown = [pair for _ in range(2) for pair in seen(*day_of(life, Optimal().slates))]
    assert len(shown) == len(set(shown)) > 500


def test_what_users_have_forgotten_is_not_shown_again_within_the_training_window() -> None:
    """The server remembers for them; so does every other policy."""
    forgetful = World(load("shorts", changes=SMALL | {"memory": 1}), 3)
    life = Life(forgetful, Recent(timedelta(0)), Recent(timedelta(days=7)))
    eaten: set[tuple[int, int]] = set()
    for _ in range(2):
        asked = life.world.requests()
        slates = life.live(asked, Optimal().slates)
        assert not eaten & set(seen(asked, slates))
        had = consumption(asked, life.world.respond(asked, slates))
        eaten |= set(zip(had.user.tolist(), had.item.tolist(), strict=True))
        life.advance(asked, slates)
    assert len(eaten) > 100


def test_a_surface_that_shows_again_bars_only_what_was_consumed(world: World) -> None:
    free = world.surface.model_copy(update={"session": Session(seen=False)})
    life = Life.beside(World(world.config, 3, surface=free))
    shown = [pair for _ in range(2) for pair in seen(*day_of(life, Optimal().slates))]
    assert len(shown) > len(set(shown))


def test_a_life_answers_what_users_consumed_in_it_and_leaves_the_world_and_other_lives_alone(world: World) -> None:
    before = world.consumed.copy()
    best, any_ = Life.beside(world), Life.beside(world)
    asked, slates = day_of(best, Optimal().slates)
    day_of(any_, Random().slates)
    eaten = consumption(asked, World.respond(world, asked, slates))
    for user, item in zip(eaten.user.tolist(), eaten.item.tolist(), strict=True):
        assert item in best.world.consumed[user]
    assert (world.consumed == before).all()
    assert (best.world.date - world.date).days == (any_.world.date - world.date).days == 1
    assert (best.world.consumed != any_.world.consumed).any()


def test_a_request_is_answered_knowing_what_came_of_the_earlier_ones(world: World) -> None:
    told: list[tuple[Requests, Past]] = []

    def answer(world: World, asked: Requests, past: Past) -> Codes:
        told.append((asked, past))
        return Popular().slates(world, asked, past)

    asked, _ = day_of(Life.beside(world), answer)
    assert sum(len(part) for part, _ in told) == len(asked)
    assert all(len(np.unique(part.user)) == len(part) for part, _ in told)
    assert len(told[0][1].lately.item) == 0 < len(told[-1][1].lately.item)


def test_a_life_goes_on_from_its_state_as_if_it_had_not_stopped(world: World) -> None:
    stopped, other = Life.beside(world), Life.beside(world)
    day_of(stopped, Optimal().slates)
    other.restore(stopped.state())
    assert (day_of(stopped, Optimal().slates)[1] == day_of(other, Optimal().slates)[1]).all()
