"""Adjusted p values are those of statsmodels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from evaluation.experiments.comparisons import benjamini_hochberg, holm

P = st.lists(st.floats(1e-8, 1.0), min_size=1, max_size=20)


@settings(max_examples=20, deadline=None)
@given(P)
def test_holm(values: list[float]) -> None:
    named = {f"metric {n}": value for n, value in enumerate(values)}
    assert list(holm(named).values()) == pytest.approx(multipletests(values, method="holm")[1].tolist())


@settings(max_examples=20, deadline=None)
@given(P)
def test_benjamini_hochberg(values: list[float]) -> None:
    named = {f"metric {n}": value for n, value in enumerate(values)}
    assert list(benjamini_hochberg(named).values()) == pytest.approx(multipletests(values, method="fdr_bh")[1].tolist())


def test_none_at_all() -> None:
    assert holm({}) == {}
    assert benjamini_hochberg({}) == {}
