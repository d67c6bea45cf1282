"""A lake as a served day leaves it, without Spark: requests that a tiny release answered, with exact propensities."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.tables import labelled
from jobs.night import Night
from lake.home import Home
from schemas.tables import BRONZE
from serving.ask import Ask
from serving.logs.records import Row, rows_of
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease
from surfaces.surface import Surface
from tests.serving.tiny_release import build_tiny_release, tiny_surface, topic

DAY = date(2026, 1, 9)
LOGGING = "2026-01-08-aaaaaaaaaa"
OTHER = "2026-01-08-bbbbbbbbbb"
SLATE: dict[str, Any] = {"size": 3, "candidates": 9, "max_per_creator": 1, "max_per_topic": 2}
EXPLORING = {"policy": "plackett_luce", "temperature": 0.3, "epsilon": 0.2}


def exploring_surface(**exploration: Any) -> Surface:
    """Tiny `shorts` with three slots and caps, exploring enough to be judged by."""
    return tiny_surface(**SLATE, exploration=exploration or EXPLORING)


def releases(home: Home) -> Path:
    """The release that logs, and one with other models, below the home's releases of `shorts`."""
    folder = home.releases("shorts")
    folder.mkdir(parents=True)
    build_tiny_release(folder, LOGGING, surface=exploring_surface())
    build_tiny_release(folder, OTHER, seed=2, surface=exploring_surface())
    return folder


def serve(
    night: Night, release: LoadedRelease, requests: int, users: int = 200, drawn_at: datetime | None = None
) -> None:
    """`requests` of the day answered by `release`, and clicks: likely on a user's own topic, the top slots more so.

    `drawn_at`: when the slates were drawn, if that was beforehand.
    """
    asked, shown = [], []
    for number in range(requests):
        user = f"u{number % users}"
        at = datetime(DAY.year, DAY.month, DAY.day, 8, tzinfo=UTC) + timedelta(seconds=number)
        country = "DE" if number % 4 else "FR"
        ask = Ask(f"r{number:05}", at, user_id=user, country=country, device="phone", drawn_at=drawn_at)
        rows = rows_of(recommend(release, ask), 0.0)
        asked += [_bronze(row) for row in rows["request"]]
        shown += [_labelled(night, row, number % users) for row in rows["impression"]]
    write(night, asked, shown)


def write(night: Night, asked: list[Row], shown: list[Row]) -> None:
    """Replace the tables by these rows; a field that a row lacks is null."""
    for table, rows in ((BRONZE["request"], asked), (BRONZE["impression"], []), (labelled(night.surface), shown)):
        columns = pa.Table.from_pylist([{name: row.get(name) for name in table.names} for row in rows], table.arrow())
        night.lake.write_arrow(columns, table, "true")


def rows(night: Night) -> tuple[list[Row], list[Row]]:
    """(requests, labelled impressions) as they stand, for a test to spoil."""
    asked = night.lake.arrow(BRONZE["request"]).to_pylist()
    for row in asked:
        row["state"] = dict(row["state"] or {})
    return asked, night.lake.arrow(labelled(night.surface)).to_pylist()


def _bronze(row: Row) -> Row:
    times = {name: datetime.fromisoformat(row[name]) for name in ("requested_at", "drawn_at") if name in row}
    return row | times | {"arrival_day": DAY}


def _labelled(night: Night, row: Row, user: int) -> Row:
    taste = ("music", "sport", "news", "food")[user % 4]
    chance = (0.6 if topic(row["item_id"]) == taste else 0.15) / (1.0 + 0.3 * row["position"])
    luck = np.random.default_rng([user, int(row["request_id"][1:]), row["position"]]).random()
    labels = {name: float(name == "click" and luck < chance) for name in night.surface.outcomes}
    known = {f"{name}_known": DAY for name in labels} | {f"{name}_seen": value for name, value in labels.items()}
    days = {"event_day": DAY, "arrival_day": DAY, "known_from": DAY, "known_until": None}
    shown = {"shown_at": datetime.fromisoformat(row["shown_at"])}
    return row | shown | days | labels | known
