from __future__ import annotations

import pytest

from evaluation.ope.slope import ladder, slope


def test_the_narrowest_that_agrees_with_all_before_it_is_taken() -> None:
    assert slope([1.00, 1.02, 0.98, 0.2], [0.5, 0.2, 0.1, 0.05]) == 2
    assert slope([1.0, 1.0, 1.0], [0.5, 0.3, 0.1]) == 2
    assert slope([1.0, 5.0, 1.0], [0.1, 0.1, 0.1]) == 0


def test_the_bound_is_the_papers() -> None:
    """|v_i - v_j| <= w_i + (sqrt(6) - 1) w_j."""
    edge = 0.1 + (6**0.5 - 1) * 0.5
    assert slope([0.0, edge - 1e-9], [0.5, 0.1]) == 1
    assert slope([0.0, edge + 1e-9], [0.5, 0.1]) == 0


def test_widths_are_made_to_fall() -> None:
    assert slope([0.0, 0.0, 0.4], [0.1, 9.0, 0.05]) == 1


def test_the_ladder_goes_from_no_clip_to_one() -> None:
    rungs = ladder(100.0, 5)
    assert rungs[0] == pytest.approx(100.0)
    assert rungs[-1] == pytest.approx(1.0)
    assert rungs == sorted(rungs, reverse=True)
    assert set(ladder(0.5, 3)) == {1.0}


def test_nothing_to_choose_from_is_told() -> None:
    with pytest.raises(ValueError, match="one at least"):
        slope([], [])
