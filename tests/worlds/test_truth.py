"""The truth agrees with itself: what happens to two million impressions is what `rates` says, in every world."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from worlds.draws import Codes, Floats
from worlds.load import load, names
from worlds.logs.policy import draw
from worlds.outcomes import Outcomes
from worlds.responses import Rates
from worlds.sessions import Requests
from worlds.world import World

IMPRESSIONS = 2_000_000
FEWEST = 30.0
"""Expected events of a cell; smaller ones are put together."""
LEVEL = 1e-4


class Tally:
    """Sums and covariances over requests of what was observed minus what was expected, by cell."""

    def __init__(self, cells: int) -> None:
        self.off, self.spread = np.zeros(cells), np.zeros((cells, cells))
        self.expected = np.zeros(cells)

    def add(self, observed: Floats, expected: Floats) -> None:
        """(r, cells) of requests."""
        off = observed - expected
        self.off += off.sum(axis=0)
        self.spread += off.T @ off
        self.expected += expected.sum(axis=0)

    def p_value(self) -> float:
        """Of the Wald test that nothing is off; requests are independent, cells of one request need not be."""
        large = self.expected >= FEWEST
        joined = np.concatenate([np.eye(len(self.off))[large], (~large).astype(float)[None, :]])
        if self.expected[~large].sum() < FEWEST:
            joined = joined[:-1]
        if not len(joined):
            return 1.0
        off, spread = joined @ self.off, joined @ self.spread @ joined.T
        return float(chi2.sf(off @ np.linalg.solve(spread, off), len(off)))


def _cells(kind: str, world: World, asked: Requests, slates: Codes) -> tuple[Codes, int]:
    """(r, k) cell of each impression, and how many cells there are."""
    shape = slates.shape
    people, day = world.config.population, 3.0
    per_request = {
        "country": (asked.country, len(people.countries)),
        "device": (asked.device, len(people.devices)),
        "daypart": (asked.daypart, 4),
        "new user": ((asked.days - world.users.signed_up[asked.user] < 1.0).astype(np.int64), 2),
    }
    if kind in per_request:
        codes, count = per_request[kind]
        return np.broadcast_to(codes[:, None], shape), count
    if kind == "new item":
        return (asked.days[:, None] - world.items.born[slates] < day).astype(np.int64), 2
    return np.broadcast_to(np.arange(shape[1]), shape), shape[1]


KINDS = ("position", "country", "device", "daypart", "new user", "new item")


def _by_cell(values: Floats, cell: Codes, count: int) -> Floats:
    """(r, cells) sums of `values` (r, k)."""
    rows = np.arange(len(values))[:, None] * count + cell
    return np.bincount(rows.ravel(), values.ravel(), minlength=len(values) * count).reshape(len(values), count)


def _take_up(tallies: dict[tuple[str, str], Tally], world: World, asked: Requests, slates: Codes) -> None:
    happened: Outcomes = world.respond(asked, slates)
    real: Rates = world.rates(asked, slates)
    pairs = {name: (happened.total(name), real.rate[name]) for name in happened.names}
    pairs["examined"] = (happened.looked.astype(np.float64), real.examined)
    weights = world.surface.value
    pairs["utility"] = (sum(weights[name] * happened.total(name) for name in weights), real.utility)
    for kind in KINDS:
        cell, count = _cells(kind, world, asked, slates)
        for name, (observed, expected) in pairs.items():
            tally = tallies.setdefault((kind, name), Tally(count))
            tally.add(_by_cell(observed, cell, count), _by_cell(expected, cell, count))


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_two_million_impressions_agree_with_the_truth(name: str) -> None:
    world = World(load(name), 41)
    tallies: dict[tuple[str, str], Tally] = {}
    count = 0
    while count < IMPRESSIONS:
        asked = world.requests()
        weight = 1.0 + 3.0 * world.streams["trial"].uniform(np.arange(world.catalogue))
        slates = draw(world, asked, weight).items
        _take_up(tallies, world, asked, slates)
        count += int((slates >= 0).sum())
        world.advance(asked, world.respond(asked, slates))
    wrong = {key: p for key, tally in tallies.items() if (p := tally.p_value()) < LEVEL and key[1] != "utility"}
    assert not wrong
    assert min(tally.p_value() for key, tally in tallies.items() if key[1] == "utility") > LEVEL


@pytest.mark.parametrize("name", names())
def test_a_day_of_every_world_agrees_with_the_truth(name: str) -> None:
    world = World(load(name, changes={"population.users": 1500}), 42)
    tallies: dict[tuple[str, str], Tally] = {}
    for _ in range(2):
        asked = world.requests()
        slates = draw(world, asked, np.ones(world.catalogue)).items
        _take_up(tallies, world, asked, slates)
        world.advance(asked, world.respond(asked, slates))
    assert min(tally.p_value() for tally in tallies.values()) > LEVEL


def test_the_proof_finds_a_rate_that_is_off_by_a_tenth() -> None:
    tally = Tally(3)
    rng = np.random.default_rng(1)
    for _ in range(10):
        tally.add((rng.random((20_000, 3)) < [0.05, 0.055, 0.05]).astype(float), np.full((20_000, 3), 0.05))
    assert tally.p_value() < LEVEL
