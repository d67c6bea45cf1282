"""The propensity proof over shipped worlds, under their surfaces as they are: releases trained on their logs answer
the requests of the next day.

`news`: sponsored slots, a share of a source, a minimum of fresh stories, licences, sensitive stories. `lens`:
Plackett-Luce over MMR, capable devices. `stores`: areas and opening hours. `make prove` runs all three, with releases
that are kept in FEEDMILL_PROVE_HOME; the test tier one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lake.home import Home
from serving.ask import Ask
from serving.pipeline import draft_of, recommend
from serving.release.loaded import LoadedRelease
from tests.serving.test_proof import DRAFTS, DRAWS, REQUESTS, hold_to_account
from tests.serving.world_releases import trained
from tests.worlds.asks import asks
from worlds.world import World

pytestmark = [pytest.mark.slow, pytest.mark.spark]

WORLDS = {
    "news": {"sponsored", "sources popular", "fresh", "not for this country", "withheld tag:sensitive"},
    "lens": {"fresh", "not for this device"},
    "stores": {"not for this area", "not for this hour"},
}
"""What must have been at work among the requests of each."""
SHORT = 6
"""Slots of most slates: the prefixes of longer ones are met too seldom to be looked at."""


def fixed(world: World) -> list[Ask]:
    """REQUESTS of the day, spread over it; a quarter of them for whole slates, the last two from nobody."""
    asked = world.requests()
    listed = asks(world, asked.take(np.linspace(0, len(asked) - 1, REQUESTS).astype(np.int64)))
    sized = [replace(ask, size=None if n % 4 == 0 else SHORT) for n, ask in enumerate(listed)]
    return [*sized[:-2], *(replace(ask, user_id=None) for ask in sized[-2:])]


def drafts(name: str, release: LoadedRelease, world: World) -> set[str]:
    """Note what each request is drawn from; the rules that withheld anything, and the kinds that have members."""
    at_work: set[str] = set()
    for n, ask in enumerate(fixed(world)):
        answer = recommend(release, replace(ask, request_id=f"{name}/{n}"))
        DRAFTS[name, n] = draft_of(answer)
        at_work.update(reason for stage in answer.trace.stages for reason in stage.removed)
        at_work.update(kind for kind, members in DRAFTS[name, n].pool.members.items() if members.any())
    return at_work


@pytest.mark.parametrize("name", WORLDS if DRAWS >= 5000 else ["news"])
def test_frequencies_are_the_logged_propensities(name: str, world_homes: Path, spark_home: Home) -> None:
    _, release, world = trained(name, world_homes, spark_home)
    assert drafts(name, release, world) >= WORLDS[name]
    hold_to_account(name)
