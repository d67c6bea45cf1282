"""The benchmark of off-policy intervals: both ways agree, and what is told of them."""

from __future__ import annotations

import numpy as np
import pytest
from rich.console import Console

from infra.bench.ope import Beside, Streamed, beside, beside_table, resampled, stream_table, streamed


def test_one_pass_and_the_loop_find_the_same_interval() -> None:
    found = beside(3000)
    assert found.interval.value == pytest.approx(found.found[0])
    width = found.found[2] - found.found[1]
    assert found.interval.low == pytest.approx(found.found[1], abs=0.2 * width)
    assert found.interval.high == pytest.approx(found.found[2], abs=0.2 * width)
    assert min(found.ours, found.loop) > 0.0


def test_the_loop_weighs_a_slot_by_the_slate_down_to_it() -> None:
    assert resampled(np.array([[2.0, 3.0]]), np.array([[1.0, 1.0]]), 3) == (8.0, 8.0, 8.0)


def test_growth_is_told_against_the_first_run() -> None:
    interval = beside(500).interval
    console = Console(width=200, record=True)
    console.print(stream_table([Streamed(10**6, 2.0, 2**20, interval), Streamed(3 * 10**6, 9.0, 5 * 2**20, interval)]))
    console.print(beside_table(Beside(10**6, 2.0, 50.0, interval, (1.0, 0.5, 1.5))))
    text = console.export_text()
    assert "1.50" in text
    assert "2.0 " in text
    assert "25" in text
    assert streamed(500).seconds > 0.0
