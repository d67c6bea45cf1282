"""A world's statistics judged by the range that real logs span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from worlds.card.statistics import Statistics

Verdict = Literal["within", "near", "far", "unmatched"]
NEAR = 2.0
"""A value is near when it is within this factor of the real range."""


@dataclass(frozen=True)
class Line:
    """One statistic: the world's value, those of the real sets that tell it, and the verdict.

    `unmatched`: no real set tells it, or the world does not.
    """

    name: str
    world: float | None
    real: dict[str, float]
    verdict: Verdict


def compare(world: Statistics, real: Sequence[Statistics]) -> list[Line]:
    """One line for every statistic that any of the systems tells."""
    names = list(dict.fromkeys(name for system in (world, *real) for name in system.scalars))
    return [_line(name, world, real) for name in names]


def _line(name: str, world: Statistics, real: Sequence[Statistics]) -> Line:
    value = world.scalars.get(name)
    found = {system.name: system.scalars[name] for system in real if name in system.scalars}
    return Line(name, value, found, _verdict(value, list(found.values())))


def _verdict(value: float | None, real: list[float]) -> Verdict:
    if value is None or not real:
        return "unmatched"
    low, high = min(real), max(real)
    if low <= value <= high:
        return "within"
    # Of a span on both sides of 0 the factor is taken outwards from each end.
    floor = low / NEAR if low > 0 else low * NEAR
    ceiling = high * NEAR if high > 0 else high / NEAR
    return "near" if floor <= value <= ceiling else "far"
