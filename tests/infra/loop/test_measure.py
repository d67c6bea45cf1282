"""Values turned into shares of the gap, and who was shown, where the answers are obvious."""

from __future__ import annotations

import numpy as np
import pytest

from infra.loop import measure
from infra.loop.record import OPTIMAL, POPULAR, RANDOM, SERVED
from worlds.load import load
from worlds.truth.policies import Optimal, Random
from worlds.world import World

USER = np.repeat(np.arange(50), 2)


def worth(served: float, popular: float) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(1).normal(size=100)
    values = {RANDOM: 1.0, SERVED: served, POPULAR: popular, OPTIMAL: 5.0}
    return {policy: value + noise for policy, value in values.items()}


def test_the_gap_runs_from_random_to_optimal() -> None:
    found = measure.gaps(worth(served=4.0, popular=2.0), USER)
    assert {policy: gap.value for policy, gap in found.items()} == pytest.approx({SERVED: 0.75, POPULAR: 0.25})


def test_luck_that_all_policies_share_leaves_no_doubt() -> None:
    found = measure.ahead(worth(served=4.0, popular=2.0), USER)
    assert set(found) == {POPULAR}
    assert (found[POPULAR].low, found[POPULAR].high) == pytest.approx((0.5, 0.5))


@pytest.fixture(scope="module")
def world() -> World:
    changes = {"population.users": 120, "catalogue.items": 200, "catalogue.new_items": 5, "catalogue.creators": 20}
    found = World(load("shorts", changes=changes))
    found.pass_day()
    return found


def test_in_every_segment_the_optimum_closes_all_and_random_nothing(world: World) -> None:
    asked = world.requests()
    best, random = Optimal().slates(world, asked), Random().slates(world, asked)
    for served, share in ((best, 1.0), (random, 0.0)):
        slates = {SERVED: served, RANDOM: random, OPTIMAL: best}
        found = measure.by_segment(world, asked, slates, measure.values(world, asked, slates))
        assert {"new users", "new items", "tail"} <= set(found)
        assert {segment: closed[SERVED] for segment, closed in found.items()} == pytest.approx(
            dict.fromkeys(found, share)
        )


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
