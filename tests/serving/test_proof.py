"""The propensity proof: what is logged is how often it happens, under every rule and every policy.

Sixty fixed requests over three configurations, each slate re-drawn with fresh request ids. `make prove` re-draws each
10,000 times (FEEDMILL_PROVE_DRAWS); the test tier fewer.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from evaluation.propensity import binomial_z, bonferroni_z, inverse_propensity, mean_weight
from serving.ask import Ask
from serving.pipeline import drafted
from serving.release.loaded import LoadedRelease
from serving.slate.distributions import distribution
from serving.slate.draw import Draw, draw
from serving.slate.pool import Pool
from serving.stages.compose import Draft
from surfaces.policy import Policy
from surfaces.slate import Slate
from tests.serving.tiny_release import AT

pytestmark = pytest.mark.slow

DRAWS = int(os.environ.get("FEEDMILL_PROVE_DRAWS", "700"))
REQUESTS = 20
"""Of each configuration."""
ENOUGH = DRAWS // 14
"""Draws of a prefix from which its slot is looked at."""

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "caps, gap, mmr; epsilon-greedy": {
        "slate": {
            "size": 5,
            "epsilon": 0.4,
            "max_per_creator": 1,
            "max_per_topic": 2,
            "creator_gap": 1,
            "diversity": {"kind": "mmr", "trade": 0.6},
        },
    },
    "sponsored, mix, minimums; Plackett-Luce": {
        "slate": {
            "size": 5,
            "max_per_creator": 2,
            "sponsored": {"one_in": 3, "floor": {"score": "value", "least": 0.5}},
            "mix": [{"label": "topic:food", "least": 1, "most": 2}],
            "sources": {"popular": {"most_share": 0.6}},
            "fresh": {"least": 2, "within": "12h"},
            "new_creators": {"least": 1, "within": "20h"},
            "exploration": {"policy": "plackett_luce", "temperature": 0.15, "epsilon": 0.1},
        },
    },
    "policy, supply, floor, kept slots, dpp; Thompson": {
        "slate": {
            "size": 5,
            "max_per_topic": 2,
            "supply": [{"feature": "item_log_impressions_7", "most": 0.9}],
            "diversity": {"kind": "dpp", "trade": 0.8, "by": "two_tower"},
            "exploration": {
                "policy": "thompson",
                "width": 0.4,
                "epsilon": 0.1,
                "reserved": [2],
                "floor": {"score": "value", "least": 0.2},
                "segments": [{"known": False, "epsilon": 0.3}],
            },
        },
        "policy": {"withhold": [{"label": "tag:adult"}], "country_tags": "licensed:"},
    },
}


@dataclass
class Proof:
    """What some requests showed. `target`, `logged`: P(what was drawn) if all were as likely, and as stated;
    `recomputed`, `then`: as stated again, and as logged."""

    cells: int = 0
    largest: float = 0.0
    sums: float = 0.0
    target: list[float] = field(default_factory=list)
    logged: list[float] = field(default_factory=list)
    recomputed: list[float] = field(default_factory=list)
    then: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, parts: list[Proof]) -> Proof:
        """All of `parts` together."""
        return cls(
            sum(one.cells for one in parts),
            max(one.largest for one in parts),
            max(one.sums for one in parts),
            *([x for one in parts for x in getattr(one, name)] for name in ("target", "logged", "recomputed", "then")),
        )


DRAFTS: dict[tuple[str, int], Draft] = {}
"""What every request is drawn from, where forked workers find it."""


def configured(release: LoadedRelease, slate: dict[str, Any], policy: dict[str, Any] | None = None) -> LoadedRelease:
    """`release` under other rules."""
    changed = {"slate": Slate.model_validate(slate), "policy": Policy.model_validate(policy or {})}
    return replace(release, surface=release.surface.model_copy(update=changed))


def redrawn(one: Draft, name: str) -> tuple[Pool, list[list[Draw]]]:
    """The slates of DRAWS fresh request ids, and the largest pool that any of them was drawn from."""
    reserves: list[Callable[[], Pool]] = [cache(reserve) for reserve in one.reserves]
    pool, slates = one.pool, []
    for n in range(DRAWS):
        found, slate = draw(one.pool, one.plan, f"{name}/{n}", reserves)
        pool = found if len(found) > len(pool) else pool
        slates.append(slate)
    return pool, slates


def check(proof: Proof, one: Draft, pool: Pool, slates: list[list[Draw]]) -> None:
    """Every prefix met often enough: counts against the stated distribution, and the stated against the logged."""
    counted: dict[tuple[int, ...], Counter[int]] = {}
    logged: dict[tuple[int, ...], dict[int, float]] = {}
    for slate in slates:
        items = tuple(drawn.index for drawn in slate)
        for place, drawn in enumerate(slate):
            counted.setdefault(items[:place], Counter())[drawn.index] += 1
            logged.setdefault(items[:place], {})[drawn.index] = drawn.propensity
    for above, count in counted.items():
        if count.total() < ENOUGH:
            continue
        indices, probabilities = distribution(pool, one.plan, above)
        proof.sums = max(proof.sums, abs(float(probabilities.sum()) - 1.0))
        stated = dict(zip(indices.tolist(), probabilities.tolist(), strict=True))
        assert set(count) <= set(stated)
        assert {index: stated[index] for index in logged[above]} == logged[above]
        found = np.array([count[index] for index in indices.tolist()])
        z = binomial_z(found, count.total(), probabilities)
        proof.cells += len(z)
        proof.largest = max(proof.largest, float(z.max()))
        support = probabilities > 0
        for index, times in count.items():
            proof.target += [1.0 / support.sum()] * times
            proof.logged += [stated[index]] * times


def own_weights(one: Draft, pool: Pool, slates: list[list[Draw]]) -> tuple[list[float], list[float]]:
    """(recomputed, logged) propensities of every slot of some slates."""
    recomputed, logged = [], []
    for slate in slates[:20]:
        items = [drawn.index for drawn in slate]
        for place, drawn in enumerate(slate):
            indices, probabilities = distribution(pool, one.plan, items[:place])
            recomputed.append(float(probabilities[indices.tolist().index(drawn.index)]))
            logged.append(drawn.propensity)
    return recomputed, logged


def proved(name: str, n: int) -> Proof:
    """Request `n` of configuration `name`."""
    one, proof = DRAFTS[name, n], Proof()
    pool, slates = redrawn(one, f"{name}/{n}")
    assert {len(slate) for slate in slates} == {one.plan.size}
    check(proof, one, pool, slates)
    proof.recomputed, proof.then = own_weights(one, pool, slates)
    return proof


def all_proved(name: str) -> list[Proof]:
    """Every request of configuration `name`; where there is much to draw, on every core."""
    asked = [(name, n) for n in range(REQUESTS)]
    if DRAWS < 5000:
        return [proved(*one) for one in asked]
    with multiprocessing.get_context("fork").Pool() as workers:
        return workers.starmap(proved, asked, chunksize=1)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_frequencies_are_the_logged_propensities(release: LoadedRelease, name: str) -> None:
    other = configured(release, **CONFIGURATIONS[name])
    for n in range(REQUESTS):
        user = f"u{n}" if n < REQUESTS - 2 else None
        ask = Ask(f"{name}/{n}", AT, user_id=user, country="DE" if n % 2 else "US", device="phone")
        DRAFTS[name, n] = drafted(other, ask)
    hold_to_account(name)


def hold_to_account(name: str) -> None:
    """Re-draw the slates of REQUESTS drafts of `name`, and fail if anything is not as it is stated."""
    proof = Proof.of(all_proved(name))
    bound = bonferroni_z(proof.cells)
    mean, error = mean_weight(np.array(proof.target), np.array(proof.logged))
    print(
        f"\n{name}: {REQUESTS} requests x {DRAWS:,} draws; {proof.cells:,} cells, largest |z| {proof.largest:.2f} "
        f"(bound {bound:.2f}); sums off by {proof.sums:.1e}; mean weight {mean:.4f} +- {error:.4f}"
    )
    assert proof.cells > 1000
    assert proof.largest < bound
    assert proof.sums < 1e-9
    assert abs(mean - 1.0) < 3 * error
    recomputed, then = np.array(proof.recomputed), np.array(proof.then)
    rewards = np.random.default_rng(1).random(len(then))
    assert mean_weight(recomputed, then) == (1.0, 0.0)
    assert inverse_propensity(rewards, recomputed, then) == rewards.mean()
