"""Options: stores near, open and busy; playlists once a week; boards of their own; timelines of friends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from schemas.errors import UserError
from tests.worlds.conftest import small
from worlds.drivers import Scene
from worlds.friends import friends
from worlds.load import load
from worlds.memory import Consumption
from worlds.options.boards import Shelf
from worlds.options.kitchens import Town
from worlds.options.social import Circles
from worlds.world import World


def stores(**changes: Any) -> World:
    return World(load("stores", changes={"population.users": 400, "catalogue.items": 120, **changes}), 3)


def town(world: World) -> Town:
    found = world._options[0]
    assert isinstance(found, Town)
    return found


def test_only_stores_that_are_near_and_open_are_offered() -> None:
    world = stores()
    asked, place = world.requests(), town(world)
    allowed = world.eligible(asked)
    row, item = np.nonzero(allowed)
    travel = place.travel(place.home[asked.user[row]], place.place[item])
    assert travel.max() <= 36.0
    assert ((asked.hour[row] - place.opens[item]) % 24 < place.lasts[item]).all()
    assert 0.05 < allowed.mean() < 0.9
    segment, shared = world.eligible_by_segment(asked)
    assert np.array_equal(shared[segment], allowed)


def test_travel_grows_with_the_steps_between_zones() -> None:
    place = town(stores())
    assert place.travel(np.array([0]), np.array([0])).tolist() == [6.0]
    assert place.travel(np.array([0]), np.array([7])).tolist() == [18.0]


def test_a_kitchen_that_took_too_many_orders_makes_people_wait_until_it_has_worked_them_off() -> None:
    world = stores()
    asked = world.requests()
    shown = np.full((len(asked), 1), 5)
    before = world.rates(asked, shown).rate["click"]
    busy = world.copy()
    many = Consumption(np.zeros(500, dtype=np.int64), np.full(500, 5), np.arange(500))
    busy.take_up(many)
    assert (busy.rates(asked, shown).rate["click"] < before).all()
    assert np.array_equal(world.rates(asked, shown).rate["click"], before), "the other world is left alone"
    queue = town(busy).queue()[5]
    nobody = Consumption(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
    for _ in range(12):
        busy.take_up(nobody)
        busy.pass_day()
    assert town(busy).queue()[5] < 0.2 * queue


def test_the_load_is_part_of_the_state() -> None:
    world = stores()
    world.take_up(Consumption(np.zeros(50, dtype=np.int64), np.full(50, 5), np.arange(50)))
    world.pass_day()
    again = stores()
    again.resume(**world.state())
    assert np.array_equal(town(again).load, town(world).load)


def test_everybody_comes_on_one_day_of_the_week() -> None:
    world = World(load("weekly", changes={"population.users": 600, "population.new_users": 0}), 3)
    days: dict[int, set[int]] = {}
    for _ in range(14):
        for user in world.requests().user.tolist():
            days.setdefault(user, set()).add(world.day % 7)
        world.pass_day()
    assert len(days) > 300
    assert all(len(weekdays) == 1 for weekdays in days.values())


def test_an_artist_that_was_heard_tires() -> None:
    world = World(load("weekly", changes={"population.users": 2000}), 3)
    asked = world.requests().take(np.arange(1))
    user, creator = int(asked.user[0]), int(np.bincount(world.items.creator).argmax())
    same = np.flatnonzero(world.items.creator[: world.catalogue] == creator)
    assert len(same) > 4
    before = world.rates(asked, same[None, -1:]).rate["play"]
    world.take_up(Consumption(np.full(3, user), same[:3], np.arange(3)))
    assert world.rates(asked, same[None, -1:]).rate["play"] < before
    every = world.utility(asked, np.arange(world.catalogue))[0]
    assert np.allclose(every, world.utility(asked, np.arange(world.catalogue)[None, :])[0])


def scene(world: World) -> Scene:
    return world._scene


def test_a_board_draws_items_of_its_topic() -> None:
    world = small(**{"options.boards": {"each": 2}, "outcomes.click.effects": {"board": 4.0}})
    shelf = world._options[0]
    assert isinstance(shelf, Shelf)
    asked = world.requests()
    assert set(shelf.board(asked).tolist()) == {0, 1}
    wanted = shelf.wanted(asked)
    assert np.linalg.norm(wanted, axis=1) == pytest.approx(1.0)
    found = shelf.drivers(scene(world), asked, np.arange(50))["board"]
    wide = shelf.drivers(scene(world), asked, np.tile(np.arange(50), (len(asked), 1)))["board"]
    assert np.allclose(found, wide)
    together = asked.session == 0
    first = {}
    for user, board in zip(asked.user[together].tolist(), shelf.board(asked)[together].tolist(), strict=True):
        assert first.setdefault(user, board) == board, "a session is about one board"


def test_friends_are_alike_more_often_than_by_chance_and_never_oneself() -> None:
    world = small(**{"population.users": 1000})
    found = friends(world.ground, world.users)
    assert found.shape == (len(world.users), 8)
    assert (found != np.arange(len(found))[:, None]).all()
    alike = world.users.topic[found] == world.users.topic[:, None]
    by_chance = world.users.topic[np.roll(np.arange(len(found)), 1)] == world.users.topic
    assert alike.mean() > 0.5 > 3.0 * by_chance.mean()
    none = small(**{"population.users": 1000, "population.homophily": 0.0})
    loose = friends(none.ground, none.users)
    assert (none.users.topic[loose] == none.users.topic[:, None]).mean() < 0.2


def test_followed_creators_are_in_the_network_and_friends_make_a_circle() -> None:
    world = small(**{"options.social": {"follows": 5}, "outcomes.click.effects": {"network": 3.0, "circle": 1.0}})
    circles = world._options[0]
    assert isinstance(circles, Circles)
    asked = world.requests()
    found = circles.drivers(scene(world), asked, np.arange(100))
    wide = circles.drivers(scene(world), asked, np.tile(np.arange(100), (len(asked), 1)))
    for name in ("network", "circle"):
        assert np.allclose(found[name], wide[name])
    row, item = np.nonzero(found["network"])
    for user, creator in zip(asked.user[row][:50], world.items.creator[item][:50], strict=True):
        assert creator in circles.following[user]
    assert found["circle"].max() <= 1.0
    assert found["circle"][found["network"] > 0].mean() > found["circle"].mean()


def test_a_driver_of_an_option_that_is_off_is_refused() -> None:
    with pytest.raises(UserError, match="found 'minutes'"):
        small(**{"outcomes.click.effects": {"minutes": -1.0}})


def test_a_lens_that_needs_more_than_the_device_can_is_not_offered() -> None:
    world = World(load("lens", changes={"population.users": 500}), 3)
    asked = world.requests()
    allowed = world.eligible(asked)
    shares = [allowed[asked.device == code].mean() for code in range(3)]
    assert shares[0] > shares[1] > shares[2]
    crashes = [
        world.rates(asked.take(asked.device == code), np.zeros(((asked.device == code).sum(), 1), dtype=np.int64))
        for code in range(3)
    ]
    given = [float((one.rate["crash"] / one.rate["apply"]).mean()) for one in crashes]
    assert given[0] < given[1] < given[2]
