from __future__ import annotations

import pytest

from models import steps as module
from models.steps import STEP, gently, steps


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(module.time, "sleep", found.append)
    return found


@pytest.mark.parametrize("n", [0, 1, STEP - 1, STEP, STEP + 1, 3 * STEP])
def test_steps_are_all_places_once_and_in_order(n: int) -> None:
    assert [place for part in steps(n) for place in range(n)[part]] == list(range(n))


def test_others_compute_between_two_steps_where_that_was_asked_for(rests: list[float]) -> None:
    list(steps(3 * STEP))
    assert rests == []
    with gently():
        list(steps(3 * STEP))
    assert len(rests) == 2
    list(steps(3 * STEP))
    assert len(rests) == 2
