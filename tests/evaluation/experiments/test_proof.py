"""What experiments promise, held against populations whose truth is known: error rates, power, variance.

`make prove` repeats each 10,000 times (FEEDMILL_PROVE_EXPERIMENTS); the slow tier less often.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from evaluation.experiments.assignment import FALSE_ALARMS, check_assignment
from evaluation.experiments.effect import effect
from evaluation.experiments.metric import Metric
from evaluation.experiments.plan import plan
from evaluation.experiments.sequential import confidence_sequence
from evaluation.experiments.units import Panel, Units
from tests.evaluation.experiments.lived import lived
from tests.evaluation.experiments.populations import ARMS, days_of, users
from tests.evaluation.experiments.replications import REPLICATIONS, off

pytestmark = pytest.mark.slow
CLICKS, RATIO = Metric("clicks"), Metric("clicks", "views")


def told(words: str, found: float, replications: int) -> None:
    error = math.sqrt(found * (1 - found) / replications)
    print(f"\n  {words}: {found:.4%} +- {error:.4%} of {replications:,}")


def synthetic(seed: int) -> Units:
    return users(600, seed, rho=0.6, spread=0.7)


def of_a_world(seed: int) -> Units:
    """The users of a world, assigned anew."""
    units = lived(7).totals()
    return replace(units, arm=np.random.default_rng(seed).integers(0, 2, len(units)))


@pytest.mark.parametrize("metric", [CLICKS, RATIO], ids=["mean, CUPED", "ratio"])
@pytest.mark.parametrize("population", [synthetic, of_a_world], ids=["lognormal", "world"])
def test_where_nothing_changed_one_look_in_twenty_says_otherwise(
    population: Callable[[int], Units], metric: Metric
) -> None:
    wrong = np.mean([effect(population(seed), metric, *ARMS).p < 0.05 for seed in range(REPLICATIONS)])
    told(f"A/A, one look, {population.__name__}, {metric.name}", float(wrong), REPLICATIONS)
    assert abs(wrong - 0.05) <= off(0.05, REPLICATIONS, 0.005)


def arriving(seed: int) -> Panel:
    return days_of(500, 14, seed)


def lived_on(seed: int) -> Panel:
    panel = lived(14)
    arm = np.random.default_rng(seed).integers(0, 2, len(panel.people))
    return replace(panel, people=replace(panel.people, arm=arm))


@pytest.mark.parametrize("metric", [CLICKS, RATIO], ids=["mean, CUPED", "ratio"])
@pytest.mark.parametrize("population", [arriving, lived_on], ids=["poisson", "world"])
def test_where_nothing_changed_looking_daily_misleads_no_more_often(
    population: Callable[[int], Panel], metric: Metric
) -> None:
    times = max(REPLICATIONS // 4, 100)
    wrong = np.mean(
        [
            any(not look.low <= 0 <= look.high for look in confidence_sequence(population(seed), metric, *ARMS))
            for seed in range(times)
        ]
    )
    told(f"A/A, looking daily, {population.__name__}, {metric.name}", float(wrong), times)
    assert wrong <= 0.05


@pytest.mark.parametrize(
    ("metric", "rho", "share"),
    [(CLICKS, 0.0, 0.5), (CLICKS, 0.8, 0.5), (RATIO, 0.0, 0.2)],
    ids=["mean", "CUPED", "ratio, one in five treated"],
)
def test_what_was_planned_is_seen_as_often_as_planned(metric: Metric, rho: float, share: float) -> None:
    lift, spread = 0.02, 0.3
    pilot = users(200_000, 1_000_001, rho=rho, spread=spread)
    if not rho:
        pilot = replace(pilot, before={})
    units = plan(pilot, metric, lift, ratio=share / (1 - share)).units
    seen = 0
    for seed in range(REPLICATIONS):
        drawn = users(units, seed, rho=rho, spread=spread, lift=lift, share=share)
        found = effect(drawn, metric, *ARMS, cuped=bool(rho))
        seen += found.p < 0.05 and found.difference > 0
    power = seen / REPLICATIONS
    told(f"power planned 80%, {metric.name}, {units:,} users, rho {rho:g}", power, REPLICATIONS)
    assert abs(power - 0.8) <= off(0.8, REPLICATIONS, 0.02)


@pytest.mark.parametrize("rho", [0.4, 0.8])
def test_cuped_takes_away_the_square_of_the_correlation(rho: float) -> None:
    """The variance of the effect itself over experiments, not what one of them says it is."""
    spread, pairs = 0.5, []
    for seed in range(REPLICATIONS):
        drawn = users(400, seed, rho=rho, spread=spread)
        pairs.append([effect(drawn, CLICKS, *ARMS, cuped=cuped).difference for cuped in (True, False)])
    with_it, without = np.var(pairs, axis=0, ddof=1)
    true = (math.exp(rho * spread**2) - 1) / (math.exp(spread**2) - 1)
    ratio, error = with_it / without, 2 * true / math.sqrt(REPLICATIONS)
    print(f"\n  CUPED: variance x{ratio:.4f}, 1 - rho^2 {1 - true**2:.4f}, error {ratio * error:.4f}")
    assert abs(math.log(ratio / (1 - true**2))) <= 3.5 * error


def test_three_arms_that_are_sound_are_called_broken_once_in_a_thousand() -> None:
    times = REPLICATIONS * 5
    drawn = np.random.default_rng(0).multinomial(3000, [0.5, 0.3, 0.2], times)
    shares = {"a": 0.5, "b": 0.3, "c": 0.2}
    alarms = sum(not check_assignment(dict(zip("abc", row, strict=True)), shares).sound for row in drawn.tolist())
    told("SRM, three arms, alarms", alarms / times, times)
    assert abs(alarms / times - FALSE_ALARMS) <= 3.5 * math.sqrt(FALSE_ALARMS / times)
