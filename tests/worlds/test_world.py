"""A world asks the same whatever is shown, answers however requests are grouped, and remembers what was consumed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from schemas.errors import UserError
from surfaces.load import load as load_surface
from worlds.draws import Codes
from worlds.load import load
from worlds.world import World

SMALL = {"population.users": 300, "catalogue.items": 250, "catalogue.new_items": 12, "catalogue.creators": 25}


def world(seed: int = 7, **changes: object) -> World:
    return World(load("shorts", changes={**SMALL, **changes}), seed)


def slates(one: World, requests: int, seed: int = 1) -> Codes:
    return np.random.default_rng(seed).integers(0, one.catalogue, (requests, 10))


def test_users_items_and_requests_are_the_same_for_a_seed_and_others_for_another() -> None:
    first, again, other = world(), world(), world(8)
    assert np.array_equal(first.users.taste, again.users.taste)
    assert np.array_equal(first.requests().at, again.requests().at)
    assert not np.array_equal(first.users.taste, other.users.taste)


def test_requests_of_a_part_of_the_users_are_those_of_all() -> None:
    one = world()
    whole = one.requests()
    parts = [one.requests(0, 100), one.requests(100, 101), one.requests(101)]
    keys = np.concatenate([part.key for part in parts])
    order = np.argsort(keys)
    for name in ("at", "user", "session", "network", "hour"):
        together = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(together[order], getattr(whole, name)[np.argsort(whole.key)])


def test_responses_do_not_depend_on_how_requests_are_grouped() -> None:
    one = world()
    asked = one.requests()
    shown = slates(one, len(asked))
    whole = one.respond(asked, shown)
    odd = np.arange(len(asked)) % 2 == 1
    part = one.respond(asked.take(odd), shown[odd])
    for name in whole.names:
        assert np.array_equal(whole.total(name)[odd], part.total(name))


def test_two_policies_meet_the_same_luck() -> None:
    one = world()
    asked = one.requests()
    shown = slates(one, len(asked))
    other = shown.copy()
    other[:, 5:] = slates(one, len(asked), 2)[:, 5:]
    first, second = one.respond(asked, shown), one.respond(asked, other)
    assert np.array_equal(first.looked, second.looked)
    assert np.array_equal(first.total("click")[:, :5], second.total("click")[:, :5])


def test_every_event_follows_what_it_depends_on() -> None:
    one = world(**{"outcomes.click.base": -1.0})
    asked = one.requests()
    happened = one.respond(asked, slates(one, len(asked)))
    clicked, hidden = happened.total("click") > 0, happened.total("hide") > 0
    assert (happened.looked | ~clicked).all()
    assert not (clicked & hidden).any()
    assert (happened.total("dwell") > 0).sum() == clicked.sum()
    assert ((happened.total("like") > 0) <= (happened.total("satisfied") > 0)).all()
    assert (happened.occurred_at >= happened.shown_at.ravel()[happened.impression]).all()


def test_an_empty_slot_has_no_outcome_and_no_value() -> None:
    one = world()
    asked = one.requests()
    shown = slates(one, len(asked))
    shown[:, 3:] = -1
    assert not one.respond(asked, shown).looked[:, 3:].any()
    assert not one.rates(asked, shown).utility[:, 3:].any()


def test_what_was_consumed_is_remembered_newest_last_and_loses_its_charm() -> None:
    one = world(**{"outcomes.click.base": 2.0, "memory": 5})
    asked = one.requests()
    happened = one.respond(asked, slates(one, len(asked)))
    user = int(asked.user[0])
    click = (happened.outcome == happened.names.index("click")) & (asked.user[happened.impression // 10] == user)
    order = np.argsort(happened.occurred_at[click], kind="stable")
    clicked = happened.items.ravel()[happened.impression[click]][order].tolist()
    one.advance(asked, happened)
    expected = list(dict.fromkeys(reversed(clicked)))[:5][::-1]
    assert one.consumed[user][-len(expected) :].tolist() == expected
    assert one.day == 1
    asked = one.requests(user, user + 1)
    if len(asked):
        shown = np.array([[expected[-1]]])
        before = world(**{"outcomes.click.base": 2.0, "memory": 5})
        before.pass_day()
        assert one.rates(asked, shown.repeat(len(asked), 0)).rate["click"].max() < (
            before.rates(asked, shown.repeat(len(asked), 0)).rate["click"].min()
        )


def test_a_copy_has_a_future_of_its_own() -> None:
    one = world(**{"outcomes.click.base": 2.0})
    other = one.copy()
    asked = one.requests()
    one.advance(asked, one.respond(asked, slates(one, len(asked))))
    assert other.day == 0
    assert (other.consumed == -1).all()
    assert np.array_equal(other.requests().at, asked.at)


def test_new_users_come_on_the_day_they_sign_up_and_new_items_are_shown_from_the_next() -> None:
    one = world(**{"population.new_users": 10})
    asked = one.requests()
    assert set(range(300, 310)) <= set(asked.user.tolist())
    late = one.users.signed_up[asked.user] >= 0
    assert (asked.days[late] >= one.users.signed_up[asked.user][late]).all()
    assert one.catalogue == 250
    assert len(one.items) == 262
    one.pass_day()
    assert one.catalogue == 262


def test_drift_turns_tastes() -> None:
    still, moving = world(**{"population.drift": 0.0}), world(**{"population.drift": 0.3})
    asked = still.requests()
    shown = slates(still, len(asked))
    assert np.allclose(still.rates(asked, shown).utility, moving.rates(asked, shown).utility)
    still.pass_day()
    moving.pass_day()
    asked = still.requests()
    assert not np.allclose(
        still.rates(asked, shown[: len(asked)][:1].repeat(len(asked), 0)).utility,
        moving.rates(asked, shown[: len(asked)][:1].repeat(len(asked), 0)).utility,
    )


def test_an_outcome_that_the_surface_does_not_know_is_refused() -> None:
    config = load("shorts", changes={**SMALL, "outcomes.bookmark": {"base": -1.0}})
    with pytest.raises(UserError, match=r"found 'bookmark'.*surface shorts"):
        World(config, 1, date(2026, 1, 1), load_surface("shorts"))
