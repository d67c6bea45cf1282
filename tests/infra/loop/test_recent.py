"""Events count as long as they are kept, and no longer."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from infra.loop.recent import Recent

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
