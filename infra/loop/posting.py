"""New items as a product posts them: what was created since the live release was made is shown all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pyarrow.compute as pc
import pyarrow.parquet as pq

from infra.loop.bootstrap import PART
from infra.loop.server import PATIENCE_S, Server, answered
from jobs.night import days_between
from lake.home import Home
from schemas.errors import InfrastructureError
from serving.web.items import MAX_ITEMS
from worlds.world import World

_SENT = ("item_id", "creator_id", "topic", "tags", "language", "duration_s", "title", "content", "created_at")
_POLL_S = 0.01


def post_new(world: World, home: Home, server: Server) -> int:
    """Post the items that were created after the live release's day and before today; returns once those that can be
    placed are candidates, and says how many these are.

    None on a surface whose release cannot place new items: there they wait for the next night. Raises
    InfrastructureError for any other refusal, and where the server does not take them up in time.
    """
    name, soon = world.surface.surface, 0
    live = answered(server.get(f"/v1/{name}/release"))
    since = days_between(date.fromisoformat(live["day"]) + timedelta(days=1), world.date - timedelta(days=1))
    for items in _batches(home, name, since):
        response = server.post(f"/v1/{name}/items", json={"items": items})
        if response.status_code == httpx.codes.CONFLICT:
            return 0
        soon += sum(one["shown_soon"] for one in answered(response)["items"])
    _await(server, name, live["items"] + soon)
    return soon


def _batches(home: Home, surface: str, days: list[date]) -> Iterator[list[dict[str, Any]]]:
    """The items created on `days`, as they go over the wire."""
    for day in days:
        rows = pq.read_table(home.landing(surface) / "item" / f"day={day}" / PART, columns=list(_SENT))
        new = rows.filter(pc.equal(pc.cast(rows["created_at"], "date32"), day)).to_pylist()
        for start in range(0, len(new), MAX_ITEMS):
            yield [_sent(row) for row in new[start : start + MAX_ITEMS]]


def _sent(row: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in row.items() if value is not None}
    return known | {"created_at": row["created_at"].isoformat()}


def _await(server: Server, surface: str, items: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while answered(server.get(f"/v1/{surface}/release"))["items"] < items:
        if time.monotonic() > deadline:
            raise InfrastructureError(f"the server of {surface} does not take up the items that were posted to it")
        time.sleep(_POLL_S)
