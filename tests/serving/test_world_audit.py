"""Slates of shipped worlds keep every rule of their surfaces, by an audit that reads only logs and surface file, and
are the same when they are answered again.

FEEDMILL_AUDIT_SLATES says how many of each of the five worlds; the test tier has a few of one.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np
import pytest

from jobs.auditing.audit_day import audit_day, config_of
from jobs.auditing.logged import requests_of
from lake.home import Home
from serving.logs.reading import requests, sample
from serving.logs.surface_log import SurfaceLog
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from serving.replay import Releases, replay
from surfaces.surface import Logging
from tests.serving.world_releases import trained
from tests.worlds.asks import asks
from worlds.landing import conform, replacing, write_parquet
from worlds.logs.dimensions import item_rows
from worlds.world import World

pytestmark = [pytest.mark.slow, pytest.mark.spark]

SLATES = int(os.environ.get("FEEDMILL_AUDIT_SLATES", "300"))
WORLDS = ("shorts", "lens", "news", "stores", "weekly") if SLATES > 1000 else ("news",)
WAITING = 500
"""Slates after which the log is made to catch up."""


def serve_day(world: World, release: LoadedRelease, landing: Path, most: int) -> int:
    """Answer at most `most` requests of the world's day and log them; how many there were."""
    with replacing(landing, "item", world.date) as folder:
        write_parquet(conform(item_rows(world), "item"), folder / "part-0000.parquet")
    surface = world.surface.model_copy(update={"logging": Logging(sample=0.02)})
    midnight = datetime.combine(world.date, time(), UTC)
    log = SurfaceLog(surface, landing, "audited", clock=lambda: midnight)
    log.start(midnight)
    asked = world.requests()
    for n, ask in enumerate(asks(world, asked.take(np.arange(min(len(asked), most))))):
        drawn_at = midnight if surface.batch is not None else None
        log.request(recommend(release, replace(ask, request_id=f"{world.date}/{n}", drawn_at=drawn_at)), ask.at)
        if n % WAITING == 0:
            log.writer.flush()
    log.close()
    assert log.unlogged == 0
    return log.logged


def served(world: World, release: LoadedRelease, landing: Path) -> list[date]:
    """Days, one after another, until there are SLATES."""
    days, count = [], 0
    while count < SLATES:
        for folder in landing.glob(f"*/day={world.date}"):
            shutil.rmtree(folder)
        count += serve_day(world, release, landing, SLATES - count)
        days.append(world.date)
        world.pass_day()
    return days


@pytest.mark.parametrize("name", WORLDS)
def test_no_slate_breaks_a_rule_and_each_comes_out_the_same(name: str, world_homes: Path, spark_home: Home) -> None:
    home, release, world = trained(name, world_homes, spark_home)
    landing, again = home.landing(name), Releases(home.releases(name))
    audited = replayed = 0
    for day in served(world, release, landing):
        logged = requests_of(landing, day)
        assert set(logged["config"]) == {config_of(world.surface)}
        assert audit_day(world.surface, landing, day, logged) == []
        audited += len(logged)
        for one in requests(landing, day, sample(landing, day, 100, lambda _: True)):
            difference = replay(again.of(one.request), one).difference
            assert difference is None, str(difference)
            replayed += 1
    print(f"\n{name}: {audited:,} slates audited, no rule broken; {replayed:,} answered again, all identical")
    assert audited == SLATES
