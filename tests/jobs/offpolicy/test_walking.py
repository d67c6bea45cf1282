"""Slates drawn by serving, walked again: the same propensities, whatever rules gave way and reserves were opened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jobs.offpolicy.walking import steps
from serving.ask import Ask
from serving.pipeline import draft_of, recommend
from serving.release.loaded import LoadedRelease
from surfaces.slate import Slate
from tests.jobs.offpolicy.served import exploring_surface
from tests.serving.tiny_release import AT, build_tiny_release

HARD: dict[str, Any] = {"size": 12, "candidates": 10, "max_per_creator": 1, "max_per_topic": 2, "epsilon": 0.5}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> LoadedRelease:
    folder = tmp_path_factory.mktemp("releases")
    return LoadedRelease.load(folder / build_tiny_release(folder, surface=exploring_surface()))


@pytest.mark.parametrize("slate", [{}, HARD])
def test_what_was_drawn_has_the_propensity_that_was_logged(release: LoadedRelease, slate: dict[str, Any]) -> None:
    if slate:
        changed = release.surface.model_copy(update={"slate": Slate.model_validate(slate)})
        release = replace(release, surface=changed)
    for number in range(30):
        found = recommend(release, Ask(f"r{number}", AT, user_id=f"u{number}", country="DE", device="phone"))
        rows = [slot.row for slot in found.slate.slots]
        walked = [step.probability for step in steps(draft_of(found), rows)]
        assert walked == [slot.draw.propensity for slot in found.slate.slots]


def test_an_item_that_cannot_be_shown_ends_the_walk(release: LoadedRelease) -> None:
    found = recommend(release, Ask("r1", AT, user_id="u1"))
    rows = [slot.row for slot in found.slate.slots]
    walked = list(steps(draft_of(found), [rows[0], rows[0], rows[1]]))
    assert [step.index >= 0 for step in walked] == [True, False]
    assert walked[1].probability == 0.0
    assert [step.probability for step in steps(draft_of(found), [-1])] == [0.0]
    assert walked[0].probabilities.sum() == pytest.approx(1.0)
