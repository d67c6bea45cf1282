"""What fades is told from what lasts."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.experiments.metric import Metric
from evaluation.experiments.novelty import novelty
from schemas.errors import UserError
from tests.evaluation.experiments.populations import ARMS, days_of

CLICKS = Metric("clicks")


@pytest.mark.parametrize(
    ("lift", "fading", "course"), [(0.8, 0.35, "fades"), (0.5, 0.0, "steady"), (0.05, -0.3, "grows")]
)
def test_courses(lift: float, fading: float, course: str) -> None:
    found = novelty(days_of(4000, 14, 1, lift=lift, fading=fading), CLICKS, *ARMS)
    assert found.course == course
    lifts = [np.log(one.means[1] / one.means[0]) for one in (found.early, found.late)]
    assert found.change == pytest.approx(lifts[1] - lifts[0])


def test_days_count_from_a_users_own_first() -> None:
    panel = days_of(500, 10, 2)
    found = novelty(panel, CLICKS, *ARMS, first_days=2)
    used = panel.entered + 4 <= 10
    assert sum(found.early.units) == used.sum()
    first = panel.day - panel.entered[panel.unit] < 2
    mine = (used & panel.people.of("treatment"))[panel.unit]
    total = panel.sums["clicks"][first & mine].sum()
    assert found.early.means[1] == pytest.approx(total / 2 / found.early.units[1])


def test_too_short_an_experiment_is_told() -> None:
    with pytest.raises(UserError, match="no units were in the experiment for 6 of its 5 days"):
        novelty(days_of(500, 5, 3), CLICKS, *ARMS)
    with pytest.raises(UserError, match="means a unit only"):
        novelty(days_of(500, 10, 3), Metric("clicks", "views"), *ARMS)
