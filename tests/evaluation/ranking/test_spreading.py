from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import ranking
from evaluation.intervals import Bootstrap


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(5, 30))
def test_the_values_are_those_of_the_exposures(seed: int, items: int) -> None:
    shown = np.random.default_rng(seed).integers(-1, items, (12, 4))
    found = ranking.spread(shown, items, Bootstrap(12, seed))
    counts = np.bincount(shown[shown >= 0], minlength=items)
    for name, figure in (("coverage", ranking.coverage), ("gini", ranking.gini), ("entropy", ranking.entropy)):
        assert found.values[name] == pytest.approx(figure(counts), nan_ok=True)


def test_samples_are_measured_as_the_whole_is() -> None:
    """With every user counted once, a sample drawn anew is the whole."""
    shown = np.array([[0, 1, 2], [0, 1, 3], [0, 4, -1]])
    once = Bootstrap(3, seed=0, replicates=2)
    once.__dict__["weights"] = np.ones((2, 3), dtype=np.float32)
    found = ranking.spread(shown, 10, once)
    for name, value in found.values.items():
        assert found.again[name] == pytest.approx([value, value])
        assert found.interval(name).limits == pytest.approx((value, value))


def test_the_interval_holds_what_other_users_would_have_given() -> None:
    rng = np.random.default_rng(1)
    draws = [np.minimum((rng.random((200, 5)) ** 3 * 300).astype(int), 299) for _ in range(60)]
    truth = np.mean([ranking.gini(np.bincount(one.ravel(), minlength=300)) for one in draws])
    held = [ranking.spread(one, 300, Bootstrap(200, nth)).interval("gini") for nth, one in enumerate(draws)]
    assert sum(one.low <= truth <= one.high for one in held) >= 50


def test_the_same_lists_are_exactly_as_far_apart_as_nothing() -> None:
    shown = np.arange(20).reshape(5, 4)
    one, other = (ranking.spread(shown, 40, Bootstrap(5, 0)) for _ in range(2))
    apart = one.less(other, "coverage")
    assert (apart.value, apart.low, apart.high) == (0.0, 0.0, 0.0)


def test_what_no_list_shows_has_no_spread() -> None:
    found = ranking.spread(np.full((3, 2), -1), 7, Bootstrap(3, 0))
    assert found.values["coverage"] == 0.0
    assert np.isnan(found.interval("gini").value)
    assert found.interval("gini").limits == (None, None)
