"""The oracle gap is 0 for random and 1 for the optimum; its standard error covers."""

from __future__ import annotations

import numpy as np
import pytest

from worlds.load import load
from worlds.truth.gap import difference, gap_difference, mean, oracle_gap
from worlds.truth.policies import Optimal, Policy, Popular, Random
from worlds.truth.standing import standing
from worlds.world import World

USERS = np.repeat(np.arange(50), 4)


def test_random_closes_nothing_the_optimum_all_and_the_middle_half() -> None:
    rng = np.random.default_rng(1)
    random, optimal = rng.normal(size=200), rng.normal(size=200) + 5.0
    assert oracle_gap(random, random, optimal, USERS).value == 0.0
    assert oracle_gap(optimal, random, optimal, USERS).value == pytest.approx(1.0)
    assert oracle_gap((random + optimal) / 2.0, random, optimal, USERS).value == pytest.approx(0.5)
    assert gap_difference(optimal, random, random, optimal, USERS).value == pytest.approx(1.0)


def test_requests_of_one_user_are_one_unit() -> None:
    once = np.random.default_rng(2).normal(size=50)
    assert mean(np.repeat(once, 4), USERS).standard_error == pytest.approx(mean(once, np.arange(50)).standard_error)
    assert difference(once, once, np.arange(50)).standard_error == 0.0


def test_the_interval_covers_the_truth_about_19_times_in_20() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        taste = np.repeat(rng.normal(size=50), 4)
        random, optimal = rng.normal(size=200), 4.0 + taste + rng.normal(size=200)
        low, high = oracle_gap(random + 2.0 + 0.5 * taste + rng.normal(size=200), random, optimal, USERS).interval
        covered += low < 0.5 < high
    assert 0.91 < covered / 400 < 0.98


def test_no_distance_has_no_gap() -> None:
    assert np.isnan(oracle_gap(np.ones(4), np.ones(4), np.ones(4), np.arange(4)).value)


def test_a_standing_tells_every_policy_and_segment_on_the_same_requests() -> None:
    small = {"population.users": 150, "catalogue.items": 200, "catalogue.creators": 30}
    world = World(load("shorts", changes=small), 5)
    asked = world.requests()
    policies: dict[str, Policy] = {"random": Random(), "popular": Popular(), "optimal": Optimal()}
    shown = {name: policy.slates(world, asked) for name, policy in policies.items()}
    found = standing(world, asked, shown)
    assert set(found.gaps) == {"popular"}
    assert found.values["optimal"].value > found.values["random"].value
    assert {segment for segment, _ in found.segments} >= {"new users", "new items", "tail", "country US", "device tv"}
    everyone = standing(world, asked, {**shown, "best": shown["optimal"]})
    assert everyone.gaps["best"].value == pytest.approx(1.0)
    assert everyone.segments["country US", "best"].value == pytest.approx(1.0)
