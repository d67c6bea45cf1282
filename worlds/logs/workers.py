"""Parts of a day written here, or side by side in other processes that hold the same world."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy.typing as npt

from surfaces.surface import Surface
from worlds.config import WorldConfig
from worlds.logs import part
from worlds.memory import Rows
from worlds.world import World


@dataclass(frozen=True)
class Recipe:
    """What a world is built from."""

    config: WorldConfig
    seed: int
    first_day: date
    surface: Surface


class Workers:
    """Writes the parts of a day of `world`, in `pool` if there is one; results come in the order of the jobs."""

    def __init__(self, world: World, pool: ProcessPoolExecutor | None) -> None:
        self._world, self._pool = world, pool
        self._recipe = Recipe(world.config, world.seed, world.first_day, world.surface)

    def run(self, jobs: Sequence[part.Job]) -> list[part.Done]:
        """Write all `jobs`, parts of the world's day."""
        if self._pool is None:
            return [part.write(self._world, job) for job in jobs]
        state = self._world.state()
        del state["consumed"]
        running = [self._pool.submit(_apart, self._recipe, job, (*self._past(job), state)) for job in jobs]
        return [one.result() for one in running]

    def _past(self, job: part.Job) -> tuple[int, Rows]:
        first = job.number * part.PART_USERS
        return first, self._world.consumed[first : first + part.PART_USERS]


_worlds: dict[tuple[int, str, date], World] = {}


def _apart(recipe: Recipe, job: part.Job, past: tuple[int, Rows, dict[str, npt.NDArray[Any]]]) -> part.Done:
    """Write one part in this process, whose world is built once and goes from day to day."""
    key = (recipe.seed, recipe.config.model_dump_json(), recipe.first_day)
    if key not in _worlds:
        _worlds.clear()
        _worlds[key] = World(recipe.config, recipe.seed, recipe.first_day, recipe.surface)
    world = _worlds[key]
    while world.day < int(past[2]["day"]):
        world.pass_day()
    world.recall(*past)
    return part.write(world, job)
