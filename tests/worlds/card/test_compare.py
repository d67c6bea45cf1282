"""Verdicts on a world's statistics, and the picture that shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from worlds.card.compare import Line, compare
from worlds.card.picture import picture
from worlds.card.real import real_statistics
from worlds.card.statistics import DELAYS_S, Statistics


def system(name: str, **scalars: float) -> Statistics:
    curve = np.linspace(0.2, 1.0, len(DELAYS_S))
    return Statistics(name, scalars, np.array([1.0, 0.6]), curve, np.array([30.0, 5.0, 1.0]))


REAL = [system("one", rate=0.1, odd=-0.2), system("two", rate=0.4, odd=0.3)]


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.2, "within"), (0.06, "near"), (0.79, "near"), (0.049, "far"), (0.81, "far")]
)
def test_a_value_is_judged_by_the_real_range(value: float, verdict: str) -> None:
    (line, _) = compare(system("world", rate=value), REAL)
    assert line.verdict == verdict
    assert line.real == {"one": 0.1, "two": 0.4}


def test_a_range_around_zero_is_widened_outwards() -> None:
    verdicts = [compare(system("world", odd=value), REAL)[0].verdict for value in (0.0, -0.4, 0.6, -0.5)]
    assert verdicts == ["within", "near", "near", "far"]


def test_what_only_one_side_tells_is_unmatched() -> None:
    lines = {line.name: line for line in compare(system("world", mine=1.0), REAL)}
    assert lines["mine"] == Line("mine", 1.0, {}, "unmatched")
    assert lines["rate"].verdict == "unmatched"


def test_the_picture_has_every_system_in_its_curves() -> None:
    world = system("world", rate=0.2)
    drawn = picture(world, REAL, compare(world, REAL))
    assert isinstance(drawn, Figure)
    popularity, positions, delays, scalars = drawn.axes
    assert [len(axes.lines) for axes in (popularity, positions, delays)] == [3, 3, 3]
    assert [label.get_text() for label in scalars.get_yticklabels()] == ["rate"]


@pytest.mark.real_data
def test_the_public_sets_tell_what_is_known_of_them(real_data: Path) -> None:
    read: list[str] = []
    found = {system.name: system.scalars for system in real_statistics(real_data, read.append)}
    assert len(read) == len(found) == 4
    assert found["mind"]["main outcome's rate"] == pytest.approx(7542 / 189359, rel=1e-3)
    assert found["open_bandit"]["main outcome's rate"] == pytest.approx(0.004, abs=0.0005)
