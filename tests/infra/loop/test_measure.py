"""Values turned into shares of the gap, and who was shown, where the answers are obvious."""

from __future__ import annotations

import numpy as np
import pytest

from infra.loop import measure
from infra.loop.record import OPTIMAL, POPULAR, RANDOM, SERVED
from worlds.draws import Codes
from worlds.load import load
from worlds.sessions import Requests
from worlds.truth.policies import Optimal, Popular, Random
from worlds.truth.standing import standing
from worlds.world import World


@pytest.fixture(scope="module")
def world() -> World:
    changes = {"population.users": 120, "catalogue.items": 200, "catalogue.new_items": 5, "catalogue.creators": 20}
    found = World(load("shorts", changes=changes))
    found.pass_day()
    return found


def shown(world: World, asked: Requests, served: Codes) -> dict[str, Codes]:
    slates = {SERVED: served, POPULAR: Popular().slates(world, asked)}
    return slates | {RANDOM: Random().slates(world, asked), OPTIMAL: Optimal().slates(world, asked)}


def test_in_every_segment_the_optimum_closes_all_and_random_nothing(world: World) -> None:
    asked = world.requests()
    for policy, share in ((Optimal(), 1.0), (Random(), 0.0)):
        stand = standing(world, asked, shown(world, asked, policy.slates(world, asked)))
        assert measure.gaps(stand)[SERVED].value == pytest.approx(share)
        found = measure.by_segment(stand)
        assert {"new users", "new items", "tail"} <= set(found)
        assert {segment: closed[SERVED] for segment, closed in found.items()} == pytest.approx(
            dict.fromkeys(found, share)
        )


def test_the_served_are_ahead_of_others_by_the_difference_of_their_gaps_and_of_themselves_by_nothing(
    world: World,
) -> None:
    asked = world.requests()
    best = shown(world, asked, Optimal().slates(world, asked))
    gaps = measure.gaps(standing(world, asked, best))
    ahead = measure.ahead(world, asked, best)
    assert set(gaps) == {SERVED, POPULAR}
    assert set(ahead) == {POPULAR}
    assert ahead[POPULAR].value == pytest.approx(gaps[SERVED].value - gaps[POPULAR].value)
    assert ahead[POPULAR].low > 0.0
    same = measure.ahead(world, asked, best | {POPULAR: best[SERVED]})[POPULAR]
    assert (same.low, same.value, same.high) == (0.0, 0.0, 0.0)


def test_exposure_counts_items_new_items_and_yesterdays(world: World) -> None:
    asked = world.requests()
    now, size = world.catalogue, world.surface.slate.size
    old = np.tile(np.arange(size), (len(asked), 1))
    found = measure.exposure(world, asked, old)
    assert found.coverage == pytest.approx(size / now)
    assert (found.new_items, found.new_creators, found.reached) == (0.0, 0.0, 0.0)
    fresh = old.copy()
    fresh[:, 0] = now - 1
    found = measure.exposure(world, asked, fresh)
    assert found.new_items == pytest.approx(1 / size)
    assert found.reached == pytest.approx(1 / 5)


def test_a_day_that_brings_no_items_reaches_none_of_none() -> None:
    changes = {"population.users": 120, "catalogue.items": 200, "catalogue.new_items": 5, "catalogue.creators": 20}
    world = World(load("weekly", changes=changes))
    asked = world.requests()
    assert measure.exposure(world, asked, Random().slates(world, asked)).reached is None
