"""Interleaving in a world where the better ranker is known: right as often as it says, on a tenth of the requests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from evaluation.experiments.effect import effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.units import Mask, Units
from evaluation.interleaving import Codes, Doubles, agreement, preference, sensitivity
from tests.evaluation.experiments.populations import ARMS
from tests.evaluation.experiments.replications import FULL, REPLICATIONS
from tests.evaluation.interleaved_world import Answered, answered

pytestmark = pytest.mark.slow
PER_REQUEST = Metric("clicks", "requests")
BLOCK = 40
"""Users of one day whose requests are one small experiment."""


@pytest.fixture(scope="module", params=[(1.0, 0.8), (0.8, 1.0), (0.5, 0.4)], ids=str)
def world(request: pytest.FixtureRequest) -> Answered:
    full = REPLICATIONS >= FULL
    return answered(*request.param, days=6 if full else 2, users=4000 if full else 1500)


def test_the_direction_is_right_as_often_as_is_said(world: Answered) -> None:
    """What is said comes from half of the users; how often it holds from experiments on the others."""
    better = float(world.worth_b.mean() - world.worth_a.mean())
    half = world.user % 2 == 0
    known = preference(world.credits[half], world.user[half])
    assert (known.value > 0) == (better > 0)
    assert known.agreement > 0.99
    spread = known.error * math.sqrt(known.requests)
    experiments = [block for day in np.unique(world.day) for block in _blocks(world, ~half & (world.day == day))]
    values = [float(world.credits[block].mean()) for block in experiments]
    right = float(np.mean([0.5 if value == 0 else float((value > 0) == (better > 0)) for value in values]))
    said = float(np.mean([agreement(known.value, spread, len(block)) for block in experiments]))
    error = math.sqrt(said * (1 - said) / len(experiments))
    told(
        f"right in {right:.1%} +- {error:.1%} of {len(experiments):,} experiments of "
        f"{np.mean([len(block) for block in experiments]):.0f} requests; said {said:.1%}"
    )
    assert abs(right - said) <= 3.5 * error


def test_an_ab_test_needs_ten_times_the_requests(world: Answered) -> None:
    """By the variances; and by re-drawing experiments: the A/B test of ten times the requests sees no more."""
    found = sensitivity((world.credits, world.user), (world.a, world.user), (world.b, world.user))
    times, rng = max(REPLICATIONS // 10, 100), np.random.default_rng(1)
    ours = float(np.mean([_interleaving_sees(world, found.interleaving, rng) for _ in range(times)]))
    theirs = float(np.mean([_ab_sees(world, 10 * found.interleaving, rng) for _ in range(times)]))
    told(
        f"{found.interleaving:,} requests, A/B {found.ab:,}: {found.times:.1f}x; power {ours:.1%}, "
        f"A/B on ten times the requests {theirs:.1%} ({times:,} re-drawn)"
    )
    assert found.times >= 10
    assert abs(ours - 0.8) <= 3.5 * math.sqrt(0.16 / times) + 0.02
    assert theirs <= ours + 3.5 * math.sqrt(0.32 / times)


def told(words: str) -> None:
    print(f"\n  interleaving: {words}")


def _blocks(world: Answered, keep: Mask) -> list[Codes]:
    """Indices of the requests of each BLOCK of those users for whom `keep` holds."""
    chosen = np.flatnonzero(keep)
    _, unit = np.unique(world.user[chosen], return_inverse=True)
    block = np.random.default_rng(0).permutation(int(unit.max()) + 1)[unit] // BLOCK
    return [chosen[block == number] for number in range(int(block.max()))]


def _interleaving_sees(world: Answered, requests: int, rng: np.random.Generator) -> bool:
    """Whether an interleaving of about so many `requests` finds the difference."""
    drawn, sums = _redrawn(world, requests, rng)
    mean = sums["credits"].sum() / sums["requests"].sum()
    rest = sums["credits"] - mean * sums["requests"]
    error = math.sqrt(drawn / (drawn - 1) * float(np.square(rest).sum())) / float(sums["requests"].sum())
    better = float(world.worth_b.mean() - world.worth_a.mean())
    return bool(2 * stats.norm.sf(abs(mean / error)) < 0.05 and (mean > 0) == (better > 0))


def _ab_sees(world: Answered, requests: int, rng: np.random.Generator) -> bool:
    """Whether an A/B test of about so many `requests` finds the difference."""
    drawn, sums = _redrawn(world, requests, rng)
    arm = rng.integers(0, 2, drawn)
    clicks = np.where(arm == 1, sums["b"], sums["a"])
    found = effect(Units(ARMS, arm, {"clicks": clicks, "requests": sums["requests"]}), PER_REQUEST, *ARMS)
    better = float(world.worth_b.mean() - world.worth_a.mean())
    return found.p < 0.05 and (found.difference > 0) == (better > 0)


def _redrawn(world: Answered, requests: int, rng: np.random.Generator) -> tuple[int, dict[str, Doubles]]:
    """(users, sums a user) of users drawn anew with replacement, who make about `requests` requests."""
    _, unit = np.unique(world.user, return_inverse=True)
    count = np.bincount(unit).astype(np.float64)
    users = round(requests / float(count.mean()))
    drawn = rng.integers(0, len(count), users)
    columns = {"credits": world.credits, "a": world.a, "b": world.b}
    return users, {"requests": count[drawn]} | {
        name: np.bincount(unit, column)[drawn] for name, column in columns.items()
    }
