from __future__ import annotations

import numpy as np
from scipy import stats

from serving.dice import chance


def test_chance_depends_on_request_and_purpose_alone() -> None:
    assert chance("r1", "slot 0") == chance("r1", "slot 0")
    assert len({chance("r1", "slot 0"), chance("r1", "slot 1"), chance("r2", "slot 0")}) == 3


def test_chance_is_uniform_over_request_ids_and_independent_over_slots() -> None:
    luck = np.array([[chance(f"r{n}", f"slot {slot}") for slot in range(2)] for n in range(5000)])
    assert luck.min() >= 0.0
    assert luck.max() < 1.0
    assert stats.kstest(luck[:, 0], "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(luck.T)[0, 1]) < 4 / np.sqrt(len(luck))
