"""What users have seen counts as long as it is kept, and no longer."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from infra.loop.seen import Recent, Seen
from surfaces.load import load

HOUR = 3_600_000_000


def test_what_happened_counts_until_it_is_too_old() -> None:
    found = Recent(timedelta(hours=2))
    assert found.microseconds == 2 * HOUR
    found.learn(np.array([1, 1, 2]), np.array([5, -1, 6]), np.array([0, 0, HOUR]))
    assert found.events.tolist() == [[1, 2], [5, 6], [0, HOUR]]
    found.forget(2 * HOUR)
    assert found.events.tolist() == [[2], [6], [HOUR]]
    found.learn(np.array([3]), np.array([7]), np.array([2 * HOUR]))
    found.forget(4 * HOUR)
    assert found.events.shape == (3, 0)


def test_a_copy_has_a_future_of_its_own_and_a_state_brings_it_back() -> None:
    seen = Seen.nothing(load("shorts"))
    seen.had.learn(np.array([1]), np.array([5]), np.array([HOUR]))
    other, restored = seen.copy(), Seen.nothing(load("shorts"))
    restored.restore(seen.state())
    other.had.learn(np.array([2]), np.array([6]), np.array([2 * HOUR]))
    assert seen.had.events.tolist() == restored.had.events.tolist() == [[1], [5], [HOUR]]
    assert other.had.events.shape == (3, 2)
    seen.forget(HOUR + seen.had.microseconds)
    assert seen.had.events.shape == (3, 0)
    assert restored.had.events.shape == (3, 1)
