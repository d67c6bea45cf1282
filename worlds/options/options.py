"""The options that a world's file asks for, built."""

from __future__ import annotations

from worlds.culture import Ground
from worlds.options.boards import Shelf
from worlds.options.kitchens import Town
from worlds.options.option import Option
from worlds.options.social import Circles
from worlds.options.weekly import Calendar


def build(ground: Ground) -> list[Option]:
    """The options that the world of `ground` has."""
    spec = ground.config.options
    found: list[Option] = []
    if spec.kitchens is not None:
        found.append(Town(ground, spec.kitchens))
    if spec.weekly is not None:
        found.append(Calendar(ground, spec.weekly))
    if spec.boards is not None:
        found.append(Shelf(ground, spec.boards))
    if spec.social is not None:
        found.append(Circles(ground, spec.social))
    return found
