"""Days before there is a release: the world's logging policy serves them, and they are logged as a server would."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from infra.loop.day import Day, Row, to_hear
from lake.home import Home
from worlds import landing as files
from worlds.draws import Floats
from worlds.logs import dimensions as rows_of
from worlds.logs import policy, tables
from worlds.sessions import DAY_US, midnight
from worlds.world import World

PART = "part-0000.parquet"
"""The file of a day and layer."""


def live(world: World, home: Home, pending: list[Row], liked: Floats) -> Day:
    """Serve the world's day by popularity with exploration, and land it; `liked` (items so far,) counts responses.

    `pending` are outcomes of earlier days; those that arrive today are landed too.
    """
    asked = world.requests()
    weight = np.ones(world.catalogue)
    weight[: len(liked)] += liked[: world.catalogue]
    shown = policy.draw(world, asked, weight)
    happened = world.respond(asked, shown.items)
    ids = tables.Ids.of(asked, shown.items)
    heard = [*pending, *to_hear(world, asked, happened, ids.impression)]
    over = midnight(world.date) + DAY_US
    landing = home.landing(world.surface.surface)
    _land(landing, "request", world.date, tables.requests(world, asked, ids, np.zeros(len(asked), dtype=bool)))
    _land(landing, "impression", world.date, tables.impressions(world, asked, shown, ids, happened.shown_at))
    _land(landing, "outcome", world.date, _outcomes([row for row in heard if row["arrives_at"] < over]))
    dimensions(world, home)
    return Day(asked, shown.items, happened, [row for row in heard if row["arrives_at"] >= over])


def dimensions(world: World, home: Home) -> None:
    """Land the item and user rows of the world's day."""
    landing = home.landing(world.surface.surface)
    _land(landing, "item", world.date, rows_of.item_rows(world))
    _land(landing, "user", world.date, rows_of.user_rows(world))


def _outcomes(heard: list[Row]) -> pa.Table:
    times = [datetime.fromisoformat(row["occurred_at"]) for row in heard]
    columns = {name: [row[name] for row in heard] for name in ("outcome_id", "impression_id", "outcome", "value")}
    return pa.table({**columns, "occurred_at": pa.array(times, pa.timestamp("us", tz="UTC"))})


def _land(landing: Path, layer: str, day: date, rows: pa.Table) -> None:
    with files.replacing(landing, layer, day) as folder:
        files.write_parquet(files.conform(rows, layer), folder / PART)
