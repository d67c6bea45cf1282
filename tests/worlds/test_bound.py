"""What a world lets a request be shown is what the tags of its item rows say: a server needs no more to obey."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.errors import UserError
from serving.ask import Ask
from surfaces.load import load as load_surface
from surfaces.policy import Policy
from tests.worlds.asks import asks
from worlds.load import load
from worlds.logs.dimensions import item_rows
from worlds.world import World

ALL = Policy(country_tags="licensed:", device_tags="device:", area_tags="zone:", hour_tags="open:")
SMALL = {"population.users": 200, "catalogue.items": 150, "catalogue.new_items": 5}


def may(policy: Policy, tags: list[str], ask: Ask) -> bool:
    for name, prefix in policy.bindings.items():
        named = [tag for tag in tags if tag.startswith(prefix)]
        if named and f"{prefix}{ask.places[name]}" not in named:
            return False
    return True


@pytest.mark.parametrize("name", ["shorts", "lens", "news", "stores", "weekly"])
def test_the_tags_say_who_may_be_shown_what(name: str) -> None:
    world = World(load(name, changes=SMALL), 3)
    tags = item_rows(world)["tags"].to_pylist()[: world.catalogue]
    asked = world.requests().take(np.arange(40))
    told = [[may(ALL, some, ask) for some in tags] for ask in asks(world, asked)]
    assert np.array_equal(told, world.eligible(asked))


@pytest.mark.parametrize("name", ["lens", "news", "stores"])
def test_the_surface_of_the_world_obeys_them(name: str) -> None:
    """Some may not be shown, and the surface's own policy withholds as much as all tags do."""
    world, policy = World(load(name, changes=SMALL), 3), load_surface(name).policy
    tags = item_rows(world)["tags"].to_pylist()
    asked = asks(world, world.requests().take(np.arange(40)))
    told = np.array([[may(policy, some, ask) for some in tags] for ask in asked])
    assert 0.05 < told.mean() < 0.97
    assert np.array_equal(told, [[may(ALL, some, ask) for some in tags] for ask in asked])


def test_a_town_lies_in_one_country() -> None:
    with pytest.raises(UserError, match="found GB, FR; allowed is one, where"):
        load("stores", changes={"population.countries": {"GB": 0.5, "FR": 0.5}})
