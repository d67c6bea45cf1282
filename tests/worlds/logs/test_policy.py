"""The logging policy's propensities are exact: compared with all slates of a tiny world, enumerated."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from surfaces.load import load as load_surface
from worlds.draws import Floats
from worlds.load import load
from worlds.logs.policy import Shown, draw
from worlds.world import World

TINY: dict[str, Any] = {
    "population.users": 3000,
    "population.sessions": 5.0,
    "population.countries": {"US": 1.0},
    "catalogue.items": 6,
    "catalogue.creators": 4,
    "catalogue.licensed": 1.0,
    "logs.explore": 0.3,
}
WEIGHT = np.array([9.0, 5.0, 1.0, 3.0, 0.5, 2.0])


def _world(cap: int | None) -> World:
    surface = load_surface("shorts")
    slate = surface.slate.model_copy(update={"size": 3, "max_per_creator": cap})
    return World(load("shorts", changes=TINY), 11, surface=surface.model_copy(update={"slate": slate}))


def _propensities(world: World, slate: tuple[int, ...], cap: int | None) -> list[float]:
    mass: Floats = 0.7 * WEIGHT / WEIGHT.sum() + 0.3 / len(WEIGHT)
    creator, found = world.items.creator, []
    for slot, item in enumerate(slate):
        above = list(slate[:slot])
        fits = np.array(
            [
                other not in above and (cap is None or (creator[above] == creator[other]).sum() < cap)
                for other in range(len(WEIGHT))
            ]
        )
        found.append(float(mass[item] * fits[item] / mass[fits].sum()))
    return found


@pytest.fixture(scope="module", params=[None, 1])
def drawn(request: pytest.FixtureRequest) -> tuple[World, Shown, int | None]:
    world = _world(request.param)
    return world, draw(world, world.requests(), WEIGHT), request.param


def test_propensities_are_those_of_the_definition(drawn: tuple[World, Shown, int | None]) -> None:
    world, shown, cap = drawn
    for slate in {tuple(row) for row in shown.items.tolist()}:
        mine = np.flatnonzero((shown.items == np.array(slate)).all(axis=1))
        real = [item for item in slate if item >= 0]
        assert shown.propensity[mine[0]][: len(real)] == pytest.approx(_propensities(world, tuple(real), cap))


def test_slates_come_as_often_as_their_propensities_say(drawn: tuple[World, Shown, int | None]) -> None:
    world, shown, cap = drawn
    n = len(shown.items)
    assert n > 20_000
    for slate in itertools.permutations(range(6), 3):
        chance = float(np.prod(_propensities(world, slate, cap)))
        count = (shown.items == np.array(slate)).all(axis=1).sum()
        assert abs(count - n * chance) <= 5.0 * np.sqrt(n * chance * (1.0 - chance)) + 1e-9


def test_the_count_of_eligible_items_follows_the_cap(drawn: tuple[World, Shown, int | None]) -> None:
    world, shown, cap = drawn
    if cap is None:
        assert (shown.eligible == np.array([6, 5, 4])).all()
        return
    first = shown.items[:, 0]
    creator = world.items.creator[:6]
    made = np.bincount(creator)[creator[first]]
    assert np.array_equal(shown.eligible[:, 1], 6 - made)


def test_about_the_asked_share_is_explored(drawn: tuple[World, Shown, int | None]) -> None:
    assert drawn[1].explored[:, 0].mean() == pytest.approx(0.3, abs=0.02)


def test_only_licensed_items_are_shown() -> None:
    world = World(load("shorts", changes={"population.users": 400, "catalogue.licensed": 0.2}), 3)
    asked = world.requests()
    shown = draw(world, asked, np.ones(world.catalogue))
    assert world.eligible(asked)[np.arange(len(asked))[:, None], shown.items].all()
    assert (shown.propensity > 0).all()


def test_a_slate_is_short_where_too_few_items_are_allowed() -> None:
    world = World(load("shorts", changes={"population.users": 50, "catalogue.items": 3, "catalogue.creators": 2}), 3)
    asked = world.requests()
    shown = draw(world, asked, np.ones(world.catalogue))
    assert (shown.items[:, 3:] == -1).all()
    assert (shown.eligible[shown.items < 0] == 0).all()
    assert not world.respond(asked, shown.items).looked[:, 3:].any()
