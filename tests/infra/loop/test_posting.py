"""What was created since the live release was made is posted once it is due, and only then."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from infra.loop import bootstrap
from infra.loop.posting import post_new
from lake.home import Home
from schemas.errors import InfrastructureError
from worlds.load import load
from worlds.logs.words import item_ids
from worlds.world import World

SMALL = {"population.users": 20, "catalogue.items": 60, "catalogue.new_items": 130, "catalogue.creators": 20}


class Shop:
    """A server whose release is of `day`; what is posted is taken up on the second look. `status` answers posts."""

    def __init__(self, day: date, status: int = 200) -> None:
        self.day, self.status = day, status
        self.posted: list[dict[str, Any]] = []
        self._held, self._coming = 60, 0

    def get(self, url: str) -> httpx.Response:
        held, self._held = self._held, self._held + self._coming
        self._coming = 0
        return self._said(url, 200, {"day": str(self.day), "items": held})

    def post(self, url: str, *, json: Any) -> httpx.Response:
        assert url == "/v1/shorts/items"
        if self.status != 200:
            return self._said(url, self.status, {"detail": "no"})
        self.posted += json["items"]
        placed = [{"item_id": one["item_id"], "shown_soon": "content" in one} for one in json["items"]]
        self._coming += sum(one["shown_soon"] for one in placed)
        return self._said(url, 200, {"items": placed})

    def settle(self) -> None: ...

    def _said(self, url: str, status: int, content: Any) -> httpx.Response:
        return httpx.Response(status, json=content, request=httpx.Request("GET", f"http://server{url}"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """On its fourth day, the item rows of those before landed."""
    found = World(load("shorts", changes=SMALL), 3)
    for _ in range(3):
        bootstrap.dimensions(found, Home(tmp_path))
        found.pass_day()
    return found


def test_the_items_of_the_days_since_the_release_are_posted_and_no_others(world: World, tmp_path: Path) -> None:
    shop = Shop(world.date - timedelta(days=2))
    soon = post_new(world, Home(tmp_path), shop)
    yesterdays = np.flatnonzero(np.floor(world.items.born) == world.day - 1)
    assert [one["item_id"] for one in shop.posted] == item_ids(world, yesterdays).to_pylist()
    assert soon == sum("content" in one for one in shop.posted) < len(shop.posted) == 130
    assert all(one["created_at"].startswith(str(world.date - timedelta(days=1))) for one in shop.posted)


def test_nothing_is_posted_to_a_release_of_the_night_before(world: World, tmp_path: Path) -> None:
    shop = Shop(world.date - timedelta(days=1))
    assert post_new(world, Home(tmp_path), shop) == 0
    assert shop.posted == []


def test_a_release_that_can_place_nothing_new_is_left_alone(world: World, tmp_path: Path) -> None:
    assert post_new(world, Home(tmp_path), Shop(world.date - timedelta(days=2), status=409)) == 0


def test_any_other_refusal_stops_the_loop_in_words(world: World, tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="/v1/shorts/items answered 503"):
        post_new(world, Home(tmp_path), Shop(world.date - timedelta(days=2), status=503))
