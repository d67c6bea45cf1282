from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.ope import bandit, slates
from evaluation.ope.clusters import GROUPS, group_of, poisson_weights, user_codes
from evaluation.ope.stream import Stream, summed
from evaluation.ope.terms import Terms


def logged(seed: int, n: int) -> tuple[Terms, np.ndarray[tuple[int], np.dtype[np.uint64]]]:
    rng = np.random.default_rng(seed)
    weights, rewards = rng.lognormal(0, 1, (n, 3)), rng.random((n, 3))
    return slates.rips(weights, rewards, normalised=True), rng.integers(0, 50, n).astype(np.uint64)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 300), max_size=5))
def test_blocks_of_any_size_give_what_all_rows_give(seed: int, cuts: list[int]) -> None:
    terms, users = logged(seed, 300)
    whole, stream = summed(terms, users), Stream()
    edges = [0, *sorted(cuts), 300]
    for start, end in itertools.pairwise(edges):
        stream.add(terms.take(slice(start, end)), users[start:end])
    found = stream.sums
    for name in ("above", "below", "rows", "weights", "squares", "largest"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-12)
    assert found.count == 300
    np.testing.assert_allclose(found.value, terms.value, rtol=1e-12)


def test_sums_do_not_grow_with_rows() -> None:
    sizes = [[getattr(summed(*logged(1, n)), name).shape for name in ("above", "rows", "squares")] for n in (10, 1000)]
    assert sizes[0] == sizes[1] == [(GROUPS, 3), (GROUPS,), (3,)]


def test_a_user_is_in_the_same_group_in_every_block() -> None:
    codes = user_codes(["u1", "u2", "u1"])
    assert codes[0] == codes[2] != codes[1]
    assert (group_of(codes)[[0, 2]] == group_of(user_codes(["u1"]))[0]).all()


def test_users_spread_evenly_over_groups() -> None:
    counts = np.bincount(group_of(np.arange(40 * GROUPS, dtype=np.uint64)), minlength=GROUPS)
    assert counts.min() > 10
    assert abs(counts.var() - 40) < 8


def test_poisson_weights_have_mean_and_variance_one_and_do_not_depend_on_one_another() -> None:
    found = poisson_weights(7, 400)
    assert found.shape == (GROUPS, 400)
    assert abs(found.mean() - 1.0) < 0.005
    assert abs(found.var() - 1.0) < 0.01
    assert abs((found == 0).mean() - np.exp(-1)) < 0.002
    by_group = np.corrcoef(found[:60].astype(np.float64))
    assert np.abs(by_group - np.eye(60)).max() < 0.25
    assert (found[:, 0] != poisson_weights(8, 400)[:, 0]).any()


def test_a_difference_is_paired() -> None:
    rng = np.random.default_rng(3)
    reward = rng.random(500)
    both = bandit.ips(np.ones(500), reward).plus(bandit.ips(np.ones(500), reward), -1.0)
    assert both.value == 0.0
    assert (np.ptp((both.above / both.below).sum(axis=1))) == 0.0
