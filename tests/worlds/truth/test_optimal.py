"""The optimum against brute force: every slate of tiny worlds enumerated."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surfaces.load import load as load_surface
from surfaces.surface import Surface
from worlds.load import load
from worlds.truth import cascade
from worlds.truth.greedy import best_first
from worlds.truth.optimal import optimal
from worlds.truth.policies import Optimal, Popular, Random
from worlds.world import World

TINY = {
    "population.users": 12,
    "population.new_users": 0,
    "catalogue.items": 8,
    "catalogue.new_items": 0,
    "catalogue.creators": 6,
    "catalogue.new_creators": 0,
    "catalogue.topics": 4,
    "catalogue.licensed": 0.8,
}


def _surface(**slate: int) -> Surface:
    surface = load_surface("shorts")
    plain = {"max_per_creator": None, "max_per_topic": None}
    return surface.model_copy(update={"slate": surface.slate.model_copy(update={**plain, **slate})})


def _world(model: str, **slate: int) -> World:
    return World(load("shorts", changes={**TINY, "clicks.model": model}), 3, surface=_surface(size=3, **slate))


def _allowed(world: World, slate: tuple[int, ...]) -> bool:
    rules = world.surface.slate
    for codes, cap in ((world.items.creator, rules.max_per_creator), (world.items.topic, rules.max_per_topic)):
        if cap is not None and np.bincount(codes[list(slate)]).max() > cap:
            return False
    return True


def _enumerated(world: World, row: int) -> float:
    asked = world.requests().take(np.array([row]))
    open_items = np.flatnonzero(world.eligible(asked)[0]).tolist()
    slates = [slate for slate in itertools.permutations(open_items, 3) if _allowed(world, slate)]
    many = asked.take(np.zeros(len(slates), dtype=np.int64))
    return float(world.value(many, np.array(slates)).max())


@pytest.mark.parametrize("model", ["position", "cascade"])
@pytest.mark.parametrize("slate", [{}, {"max_per_creator": 1}, {"max_per_creator": 2}, {"max_per_topic": 2}])
def test_no_slate_of_all_is_better_than_the_optimum(model: str, slate: dict[str, int]) -> None:
    world = _world(model, **slate)
    asked = world.requests().take(np.arange(6))
    best = optimal(world, asked)
    for row in range(6):
        enumerated = _enumerated(world, row)
        assert best.bound[row] >= enumerated - 1e-9
        assert best.value[row] <= enumerated + 1e-9
        if model == "position" or not slate:
            assert best.value[row] == pytest.approx(enumerated)
            assert best.bound[row] == pytest.approx(enumerated)


def test_two_caps_give_a_slate_within_them_and_a_bound() -> None:
    world = _world("position", max_per_creator=2, max_per_topic=2)
    asked = world.requests().take(np.arange(5))
    best = optimal(world, asked)
    for row in range(5):
        assert _allowed(world, tuple(best.slates[row]))
        assert best.value[row] - 1e-9 <= _enumerated(world, row) <= best.bound[row] + 1e-9


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 10_000))
def test_a_cascade_is_solved_exactly(items: int, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    utility, goes_on = rng.normal(size=(1, items)), rng.uniform(0.2, 0.95, (1, items))
    slates, worth = cascade.best(utility, goes_on, size)

    def value(slate: tuple[int, ...]) -> float:
        total, looked = 0.0, 1.0
        for item in slate:
            total += looked * utility[0, item]
            looked *= goes_on[0, item]
        return float(total)

    best = max(value(slate) for slate in itertools.permutations(range(items), min(size, items)))
    assert worth[0] == pytest.approx(best)
    assert value(tuple(item for item in slates[0].tolist() if item >= 0)) == pytest.approx(best)


def test_the_greedy_walk_looks_beyond_its_shortlist_when_a_cap_asks_for_it() -> None:
    scores = np.arange(400.0)[None, ::-1]
    creator = np.where(np.arange(400) < 300, 0, np.arange(400))
    assert best_first(scores, [(creator, 1)], 3).tolist() == [[0, 300, 301]]
    assert best_first(np.full((1, 3), -np.inf), [], 2).tolist() == [[-1, -1]]


def test_the_optimum_beats_popularity_which_beats_chance() -> None:
    config = load("shorts", changes={"population.users": 600, "catalogue.items": 150, "catalogue.creators": 40})
    world, popular = World(config, 5), Popular()
    for _ in range(2):
        asked = world.requests()
        happened = world.respond(asked, Random().slates(world, asked))
        popular.learn(happened)
        world.advance(asked, happened)
    asked = world.requests()
    values = []
    for policy in (Random(), popular, Optimal()):
        slates = policy.slates(world, asked)
        assert world.eligible(asked)[np.arange(len(asked))[:, None], slates].all()
        values.append(float(world.value(asked, slates).mean()))
    assert values == sorted(values)
    assert values[0] < values[1] < values[2]
