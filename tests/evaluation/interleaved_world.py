"""A world whose requests are answered by two rankers of known worth, and by both interleaved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.interleaving import credit, team_draft
from serving.dice import chance
from surfaces.load import load as load_surface
from worlds.load import load
from worlds.world import World

Codes = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
SIZE = 10


@dataclass(frozen=True)
class Answered:
    """Of r requests: whose each is and on which day; clicks on the slates of `a` and of `b`; credits of their
    interleaved slates; and what the slates of `a` and `b` are worth in expected clicks."""

    user: Codes
    day: Codes
    a: Doubles
    b: Doubles
    credits: Doubles
    worth_a: Doubles
    worth_b: Doubles


def answered(noise_a: float, noise_b: float, *, days: int, users: int = 1500, items: int = 300) -> Answered:
    """`days` days of requests, each ranked by the true utility with noise: `noise` 0 is the optimum."""
    surface = load_surface("shorts")
    surface = surface.model_copy(update={"value": {"click": 1.0}})
    changes: dict[str, Any] = {"population.users": users, "catalogue.items": items, "catalogue.new_items": 0}
    world = World(load("shorts", changes=changes), 5, surface=surface)
    found = []
    for _ in range(days):
        found.append(_day(world, noise_a, noise_b))
        world.pass_day()
    return Answered(*(np.concatenate([getattr(day, name) for day in found]) for name in Answered.__dataclass_fields__))


def _day(world: World, noise_a: float, noise_b: float) -> Answered:
    asked = world.requests()
    utility, _ = world.utility(asked, np.arange(world.catalogue))
    rng = np.random.default_rng(world.day)
    fine = world.eligible(asked)
    a, b = (_ranked(utility, fine, noise, rng) for noise in (noise_a, noise_b))
    names = asked.ids().to_pylist()
    drafts = [
        team_draft(one, other, SIZE, lambda turn, name=name: chance(name, f"team {turn}") < 0.5)
        for name, one, other in zip(names, a.tolist(), b.tolist(), strict=True)
    ]
    both = np.array([draft.items for draft in drafts])
    clicks = {key: _clicks(world, asked, slates) for key, slates in (("a", a), ("b", b), ("both", both))}
    credits = [credit(draft.teams, row) for draft, row in zip(drafts, clicks["both"].tolist(), strict=True)]
    return Answered(
        asked.user,
        np.full(len(asked), world.day),
        clicks["a"].sum(axis=1),
        clicks["b"].sum(axis=1),
        np.array(credits),
        world.value(asked, a),
        world.value(asked, b),
    )


def _ranked(utility: Doubles, fine: npt.NDArray[np.bool_], noise: float, rng: np.random.Generator) -> Codes:
    seen = np.log(np.maximum(utility, 1e-12)) + noise * rng.normal(size=utility.shape)
    return np.argsort(-np.where(fine, seen, -np.inf), axis=1)[:, :SIZE]


def _clicks(world: World, asked: Any, slates: Codes) -> Doubles:
    """(r, k) 1 where a slot was clicked."""
    happened = world.respond(asked, slates)
    mine = happened.impression[happened.outcome == happened.names.index("click")]
    return np.minimum(np.bincount(mine, minlength=slates.size), 1).reshape(slates.shape).astype(np.float64)
