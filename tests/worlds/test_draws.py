"""Counter-based chance: uniform, independent between purposes, days, requests and slots, and the same for a seed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from worlds.draws import Floats, Stream, Streams, geometric, poisson

N = 100_000
INDEX = np.arange(N)


def _joint(first: Floats, second: Floats) -> float:
    """p-value of the chi-square test of independence of two uniform samples, in 10 by 10 cells."""
    counts = np.histogram2d(first, second, bins=10, range=[[0, 1], [0, 1]])[0]
    expected = len(first) / 100
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), 99))


def test_draws_are_uniform_within_0_and_1() -> None:
    luck = Stream.of(1, "shorts", "look").uniform(3, INDEX)
    assert 0.0 < luck.min() < luck.max() < 1.0
    assert kstest(luck, "uniform").pvalue > 1e-4
    assert kstest(Stream.of(1, "shorts", "look").normal(INDEX, 4), "norm").pvalue > 1e-4


@pytest.mark.parametrize("purposes", itertools.combinations(["look", "outcome click", "outcome like", "gap"], 2))
def test_purposes_are_independent(purposes: tuple[str, str]) -> None:
    streams = Streams(20260101, "shorts")
    first, second = (streams[purpose].uniform(2, INDEX[:, None] << 20, np.arange(2)).ravel() for purpose in purposes)
    assert _joint(first, second) > 1e-4
    assert abs(np.corrcoef(first, second)[0, 1]) < 4.0 / np.sqrt(len(first))


def test_neighbours_are_independent() -> None:
    stream = Stream.of(5, "shorts", "look")
    here = stream.uniform(1, INDEX, 0)
    for other in (stream.uniform(1, INDEX, 1), stream.uniform(2, INDEX, 0), stream.uniform(1, INDEX + 1, 0)):
        assert _joint(here, other) > 1e-4
    for other_seed in (Stream.of(6, "shorts", "look"), Stream.of(5, "lens", "look")):
        assert _joint(here, other_seed.uniform(1, INDEX, 0)) > 1e-4


def test_a_draw_depends_on_its_ids_alone() -> None:
    stream = Stream.of(5, "shorts", "look")
    whole = stream.uniform(1, INDEX[:, None], np.arange(3))
    assert np.array_equal(whole[10:20], stream.uniform(1, INDEX[10:20, None], np.arange(3)))
    assert whole[7, 2] == stream.uniform(1, 7, 2)[0]


def test_counts_have_the_asked_means() -> None:
    luck = Stream.of(9, "x", "y").uniform(INDEX)
    assert poisson(np.full(N, 0.7), luck, 30).mean() == pytest.approx(0.7, abs=0.01)
    assert poisson(np.full(N, 5.0), luck, 40).var() == pytest.approx(5.0, rel=0.03)
    lengths = geometric(2.5, luck, 60)
    assert lengths.min() == 1
    assert lengths.mean() == pytest.approx(2.5, abs=0.03)
    assert (geometric(1.0, luck, 60) == 1).all()


def test_choices_follow_their_shares_and_whole_numbers_stay_below() -> None:
    chosen = Stream.of(9, "x", "z").choice((0.5, 0.0, 0.3, 0.2), INDEX)
    assert np.bincount(chosen, minlength=4) / N == pytest.approx([0.5, 0.0, 0.3, 0.2], abs=0.01)
    below = Stream.of(9, "x", "b").below(7, INDEX)
    assert set(below.tolist()) == set(range(7))
