"""The optimal slate of each request under the surface's own caps, and how much better any slate could be at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worlds import clicks
from worlds.draws import Codes, Floats, Mask
from worlds.sessions import Requests
from worlds.truth import cascade
from worlds.truth.greedy import best_first
from worlds.truth.past import Past
from worlds.world import World

CHUNK = 256
"""Requests whose utilities of all items are held at once."""


@dataclass(frozen=True)
class Optimum:
    """Best slates (r, k) with their values (r,), and `bound` (r,): no slate is worth more.

    Where value and bound are equal the slate is optimal. They may differ where two caps hold at once, or a cap under
    a cascade. Myopic: a slate is judged by its own day, not by what it makes of later ones.
    """

    slates: Codes
    value: Floats
    bound: Floats


def optimal(world: World, asked: Requests, past: Past | None = None) -> Optimum:
    """The optimum of every request, given what each user has consumed in this world; with `past`, of the slates that
    show nothing it bars."""
    parts = [
        _part(world, asked.take(np.arange(start, min(start + CHUNK, len(asked)))), past) for start in _starts(asked)
    ]
    size = world.surface.slate.size
    if not parts:
        return Optimum(np.zeros((0, size), dtype=np.int64), np.zeros(0), np.zeros(0))
    return Optimum(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("slates", "value", "bound")))


def caps(world: World, items: int) -> list[tuple[Codes, int]]:
    """The surface's caps as (codes of the first `items` items, most of one code in a slate)."""
    rules = world.surface.slate
    found = []
    if rules.max_per_creator is not None:
        found.append((world.items.creator[:items], rules.max_per_creator))
    if rules.max_per_topic is not None:
        found.append((world.items.topic[:items], rules.max_per_topic))
    return found


def showable(world: World, asked: Requests, past: Past | None = None) -> Mask:
    """(r, catalogue) whether each item may be shown to each request: eligible, and not barred by the `past`."""
    fine = world.eligible(asked)
    return fine if past is None else fine & ~past.barred(asked, world.catalogue)


def choose(world: World, utility: Floats, click: Floats, groups: list[tuple[Codes, int]]) -> tuple[Codes, Floats]:
    """Slates (r, k) of the columns of `utility` (r, n), minus infinity where not allowed, and a bound (r,) of value."""
    size, spec = world.surface.slate.size, world.config.clicks
    if spec.model == "position":
        looks = clicks.by_position(spec, size)
        slates = best_first(utility, groups, size)
        if len(groups) < 2:
            return slates, _value(utility, slates, looks)
        relaxed = [groups[:nth] + groups[nth + 1 :] for nth in range(len(groups))]
        bounds = [_value(utility, best_first(utility, some, size), looks) for some in relaxed]
        return slates, np.minimum.reduce(bounds)
    goes_on = clicks.continues(spec, click)
    free, worth = cascade.best(utility, goes_on, size)
    slates = np.where(_within(free, groups)[:, None], free, _capped(utility, goes_on, groups, size))
    return slates, spec.first * worth


def _starts(asked: Requests) -> range:
    return range(0, len(asked), CHUNK)


def _part(world: World, asked: Requests, past: Past | None) -> Optimum:
    now = world.catalogue
    utility, click = world.utility(asked, np.arange(now))
    utility = np.where(showable(world, asked, past), utility, -np.inf)
    slates, bound = choose(world, utility, click, caps(world, now))
    return Optimum(slates, world.value(asked, slates), bound)


def _value(utility: Floats, slates: Codes, looks: Floats) -> Floats:
    found = np.take_along_axis(utility, np.maximum(slates, 0), axis=1)
    return np.asarray((np.where(slates >= 0, found, 0.0) * looks).sum(axis=1))


def _within(slates: Codes, groups: list[tuple[Codes, int]]) -> Mask:
    """(r,) whether each slate obeys all caps."""
    fine: Mask = np.ones(len(slates), dtype=bool)
    for codes, cap in groups:
        code = np.where(slates >= 0, codes[slates], -1 - np.arange(slates.shape[1]))
        fine &= ((code[:, :, None] == code[:, None, :]).sum(axis=2) <= cap).all(axis=1)
    return fine


def _capped(utility: Floats, goes_on: Floats, groups: list[tuple[Codes, int]], size: int) -> Codes:
    """Slates within the caps: the highest utilities, in the order that suits the cascade."""
    slates = best_first(utility, groups, size)
    rank = np.take_along_axis(cascade.order(utility, goes_on), np.maximum(slates, 0), axis=1)
    turn = np.argsort(np.where(slates >= 0, -rank, np.inf), axis=1, kind="stable")
    return np.take_along_axis(slates, turn, axis=1)
