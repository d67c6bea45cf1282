"""The coverage proof: 95 % intervals of served logs hold the truth as often as they say, or are refused.

Real slate policies with caps, users with moods and many requests, targets from near to far. `make prove` re-draws each
log 1,000 times (FEEDMILL_PROVE_LOGS); the slow tier fewer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from evaluation.ope import slates
from evaluation.ope.intervals import studentised
from evaluation.ope.stream import Sums, summed
from evaluation.ope.trust import judge
from jobs.offpolicy.estimators import modelled
from serving.release.loaded import LoadedRelease
from tests.jobs.offpolicy.population import Policy, Tree, drawn, forest, people, truth
from tests.serving.tiny_release import build_tiny_release

pytestmark = pytest.mark.slow

LOGS = int(os.environ.get("FEEDMILL_PROVE_LOGS", "80"))
USERS, PERSONS = 800, 36


def plackett_luce(temperature: float, epsilon: float) -> dict[str, Any]:
    return {"policy": "plackett_luce", "temperature": temperature, "epsilon": epsilon}


LOGGING = plackett_luce(0.3, 0.2)
NEAR: dict[str, Mapping[str, Any]] = {
    "the same": LOGGING,
    "a little sharper": plackett_luce(0.2, 0.2),
    "much sharper": plackett_luce(0.1, 0.1),
    "sharpest": plackett_luce(0.07, 0.1),
    "half at random": {"epsilon": 0.5},
    "a third at random": {"epsilon": 0.3},
}
FAR: dict[str, Mapping[str, Any]] = {"a tenth at random": {"epsilon": 0.1}, "greedy": {"epsilon": 0.0}}


@dataclass
class Covered:
    """How often the interval held the truth where it was `given`, and would have where it was refused."""

    given: list[bool] = field(default_factory=list)
    refused: list[bool] = field(default_factory=list)
    means: list[float] = field(default_factory=list)

    def note(self, sums: Sums, true: float) -> None:
        trust, interval = judge(sums), studentised(sums)
        (self.given if trust.trusted else self.refused).append(interval.low <= true <= interval.high)
        self.means.append(trust.mean or 0.0)

    @property
    def told(self) -> str:
        covered = f"{np.mean(self.given):.1%} of {len(self.given):,} given" if self.given else "none given"
        aside = f"; {np.mean(self.refused):.1%} of {len(self.refused):,} refused" if self.refused else ""
        mean, error = np.mean(self.means), np.std(self.means) / np.sqrt(len(self.means))
        return f"covered {covered}{aside}; mean weight {mean:.4f} +- {error:.4f}"


Releases = tuple[LoadedRelease, LoadedRelease]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Two releases of other models."""
    folder = tmp_path_factory.mktemp("releases")
    names = build_tiny_release(folder), build_tiny_release(folder, "2026-01-08-bbbbbbbbbb", seed=2)
    first, second = (LoadedRelease.load(folder / name) for name in names)
    return first, second


@pytest.fixture(scope="module")
def logging(releases: Releases) -> list[Tree]:
    """All that the policy that logs can show."""
    return forest(Policy(releases[0], LOGGING), PERSONS)


def proved(logging: list[Tree], target: Policy, seed: int) -> tuple[Covered, Covered]:
    """(value, difference to what was logged) over LOGS logs."""
    ids = target.release.catalogue.ids
    population = people(logging, forest(target, PERSONS), ids)
    true, base = truth(population), truth(people(logging, logging, ids))
    value, difference, rng = Covered(), Covered(), np.random.default_rng([20260101, seed])
    for _ in range(LOGS):
        rows = drawn(population, USERS, rng)
        terms = modelled(rows)
        value.note(summed(terms, rows.users), true)
        difference.note(summed(terms.plus(slates.on_policy(rows.rewards), -1.0), rows.users), true - base)
    return value, difference


def within(found: list[bool]) -> bool:
    """Whether coverage is 94 to 96 %, give or take two standard errors of what was drawn."""
    slack = 2.0 * np.sqrt(0.95 * 0.05 / len(found))
    return bool(0.94 - slack <= np.mean(found) <= 0.96 + slack)


@pytest.mark.parametrize("name", NEAR)
def test_intervals_cover_wherever_they_are_given(releases: Releases, logging: list[Tree], name: str) -> None:
    value, difference = proved(logging, Policy(releases[0], NEAR[name]), [*NEAR].index(name))
    print(f"\n{name}: value {value.told}\n  difference {difference.told}")
    assert len(value.given) > 0.5 * LOGS
    assert within(value.given)
    assert within(difference.given)


@pytest.mark.parametrize("name", FAR)
def test_what_is_too_far_is_refused(releases: Releases, logging: list[Tree], name: str) -> None:
    value, difference = proved(logging, Policy(releases[0], FAR[name]), 10 + [*FAR].index(name))
    print(f"\n{name}: value {value.told}\n  difference {difference.told}")
    assert len(value.refused) >= 0.95 * LOGS
    assert len(difference.refused) >= 0.95 * LOGS


@pytest.mark.parametrize("exploration", [LOGGING, {"epsilon": 0.0}])
def test_another_release_that_was_hardly_shown_is_refused(
    releases: Releases, logging: list[Tree], exploration: Mapping[str, Any]
) -> None:
    value, _ = proved(logging, Policy(releases[1], exploration), 20)
    print(f"\nanother release: value {value.told}")
    assert len(value.refused) >= 0.95 * LOGS
    assert np.mean(value.refused) < 0.9
