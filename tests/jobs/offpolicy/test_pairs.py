"""Forecasts of 24 pairs of releases of `shorts` against what an experiment then measures between the two.

`make prove` makes more forecasts of each pair (FEEDMILL_PROVE_LOGS).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.ope import slates
from evaluation.ope.agreement import Pair, Span, hit_rate
from evaluation.ope.clusters import Codes
from evaluation.ope.intervals import Interval, studentised
from evaluation.ope.stream import summed
from evaluation.ope.terms import Doubles, Terms
from evaluation.ope.trust import judge
from jobs.offpolicy.estimators import modelled
from serving.release.loaded import LoadedRelease
from tests.jobs.offpolicy.population import Person, Policy, Tree, drawn, forest, people
from tests.serving.tiny_release import build_tiny_release

pytestmark = pytest.mark.slow

FORECASTS = max(int(os.environ.get("FEEDMILL_PROVE_LOGS", "0")) // 50, 8)
USERS, PERSONS = 800, 24
BEFORE: Sequence[Mapping[str, Any]] = (
    {"policy": "plackett_luce", "temperature": 0.3, "epsilon": 0.2},
    {"policy": "plackett_luce", "temperature": 0.5, "epsilon": 0.1},
    {"epsilon": 0.6},
)
"""Explorations of the release that is live."""
AFTER: Sequence[tuple[Mapping[str, Any], Mapping[str, float]]] = (
    ({"policy": "plackett_luce", "temperature": 0.2, "epsilon": 0.2}, {}),
    ({"policy": "plackett_luce", "temperature": 0.4, "epsilon": 0.3}, {}),
    ({"policy": "plackett_luce", "temperature": 0.3, "epsilon": 0.1}, {"like": 6.0}),
    ({"policy": "plackett_luce", "temperature": 0.3, "epsilon": 0.2}, {"click": 0.2, "follow": 16.0}),
    ({"policy": "plackett_luce", "temperature": 0.3, "epsilon": 0.2}, {"hide": 0.0}),
    ({"epsilon": 0.5}, {}),
    ({"epsilon": 0.6}, {"like": 0.0, "follow": 0.0}),
    ({"epsilon": 0.7}, {"click": 3.0}),
)
"""Exploration of the one that follows, and its weights where they are others."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> LoadedRelease:
    folder: Path = tmp_path_factory.mktemp("releases")
    return LoadedRelease.load(folder / build_tiny_release(folder))


def span(found: Interval) -> Span:
    return Span(found.value, found.low, found.high)


def forecast(live: list[Person], rng: np.random.Generator) -> Span | None:
    """The difference that a log of the live release foretells; None if it cannot tell."""
    rows = drawn(live, USERS, rng)
    sums = summed(modelled(rows).plus(slates.on_policy(rows.rewards), -1.0), rows.users)
    return span(studentised(sums)) if judge(sums).trusted else None


def measured(control: list[Person], treatment: list[Person], rng: np.random.Generator) -> Span:
    """The difference between two arms of users who are each answered by one of the releases."""
    arms = [drawn(one, USERS, rng) for one in (treatment, control)]
    rewards = [rows.rewards.sum(axis=1) for rows in arms]
    above, below = _apart([rewards[0], -rewards[1]]), _apart([np.ones(len(one)) for one in rewards])
    users: Codes = np.concatenate([rows.users for rows in arms])
    return span(studentised(summed(Terms(above, below, np.empty((len(users), 0))), users)))


def _apart(arms: list[Doubles]) -> Doubles:
    """Each arm in a column of its own, 0 in the rows of the other."""
    first, second = (
        np.concatenate([one if place == nth else 0.0 * one for nth, one in enumerate(arms)]) for place in (0, 1)
    )
    return np.stack([first, second], axis=1)


def compared(before: list[Tree], after: list[Tree], ids: Any, rng: np.random.Generator) -> list[Pair]:
    """FORECASTS forecasts of one pair of releases, each with an experiment of its own; without the refused."""
    live, control, treatment = people(before, after, ids), people(before, before, ids), people(after, after, ids)
    told = [forecast(live, rng) for _ in range(FORECASTS)]
    return [Pair("", one, measured(control, treatment, rng)) for one in told if one is not None]


def test_forecasts_hold_what_is_measured_later(release: LoadedRelease) -> None:
    ids, rng = release.catalogue.ids, np.random.default_rng(20260102)
    before = [forest(Policy(release, one), PERSONS) for one in BEFORE]
    after = [forest(Policy(release, *one), PERSONS) for one in AFTER]
    found = [compared(one, other, ids, rng) for one, other in product(before, after)]
    rate = hit_rate([pair for pairs in found for pair in pairs])
    inside = np.mean([p.forecast.low <= p.measured.value <= p.forecast.high for pairs in found for p in pairs])
    print(f"\n{sum(bool(pairs) for pairs in found)} pairs of releases: {rate}; forecast's interval alone {inside:.1%}")
    assert sum(bool(pairs) for pairs in found) >= 20
    assert rate.share is not None
    assert 0.90 <= rate.share <= 0.99
