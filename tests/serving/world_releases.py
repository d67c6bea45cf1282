"""Releases trained on the logs of shipped worlds, by the steps of a night up to a release."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path

from features.registry import registry, schema_hash
from jobs.night import Night
from jobs.releasing.assembly import build
from jobs.releasing.inputs import inputs, surface_text
from jobs.steps import between, night
from lake.home import Home
from schemas.release import MANIFEST
from serving.release.loaded import LoadedRelease
from worlds.load import load
from worlds.logs.days import Writing, write
from worlds.world import World

DAYS = 3
SMALL = {"population.users": 400, "population.new_users": 5, "catalogue.items": 400, "catalogue.new_items": 20}


def trained(name: str, homes: Path, spark: Home) -> tuple[Home, LoadedRelease, World]:
    """A home with DAYS days of logs of world `name`, a release of the last, and the world as it stands the day after.

    It is trained once in `homes` for each state of the surface file and the features, with the Spark server of `spark`.
    """
    world = World(load(name, changes=SMALL))
    surface = world.surface
    state = hashlib.sha256((surface_text(surface) + schema_hash(registry(surface))).encode()).hexdigest()[:12]
    home = Home(homes / f"{name}-{state}")
    write(world, DAYS, Writing(home.landing(surface.surface)))
    releases = home.releases(surface.surface)
    there = [path.parent for path in releases.glob(f"*/{MANIFEST}")]
    return home, LoadedRelease.load(there[0] if there else _train(world, home, spark)), world


def _train(world: World, home: Home, spark: Home) -> Path:
    spark.spark.mkdir(exist_ok=True)
    home.spark.unlink(missing_ok=True)
    home.spark.symlink_to(spark.spark)
    last = Night(world.surface, world.first_day.replace(day=world.first_day.day + DAYS - 1), home)
    for step in between(night(world.surface), "ingest", "index"):
        if step.name != "validate":
            job = importlib.import_module(f"jobs.{step.job}")
            job.run(last) if step.argument is None else job.run(last, step.argument)
    return build(last, inputs(last)).folder
