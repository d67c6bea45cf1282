from __future__ import annotations

import numpy as np
import pytest

from jobs.judging.error import auc_error, recall_error


def test_the_error_of_recalls_bounds_that_of_drawn_ones() -> None:
    drawn = np.random.default_rng(3).binomial(1, 0.3, (2, 4000, 100)).mean(axis=2)
    assert recall_error(0.3, 0.3, 100) == pytest.approx((drawn[0] - drawn[1]).std(), rel=0.05)


def test_the_error_of_an_auc_is_that_of_hanley_and_mcneil() -> None:
    assert auc_error(0.5, 100, 100) == pytest.approx((201 / (12 * 100 * 100)) ** 0.5, rel=0.01)
    assert auc_error(0.9, 50, 50) < auc_error(0.6, 50, 50)
