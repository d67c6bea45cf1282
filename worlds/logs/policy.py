"""The logging policy: most-popular with exploration, drawn slot by slot with exact propensities.

Item i has the mass q(i) = (1 - e) w(i) / sum(w) + e / n among the n items that may be shown to a request. A slot takes
an item with probability q(i) / (sum of q over the items still allowed): drawn from q and drawn again while the item is
above already or its creator has had its share, which is exactly that distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worlds.draws import Codes, Floats, Mask
from worlds.sessions import Requests
from worlds.world import World

SOURCES = ("popular", "explore")
_TRIES = 40


@dataclass(frozen=True)
class Shown:
    """Slates (r, k) of requests: item rows (-1: none), propensity, whether drawn to explore, items allowed."""

    items: Codes
    propensity: Floats
    explored: Mask
    eligible: Codes


@dataclass(frozen=True)
class Menu:
    """What may be drawn for s segments of n items.

    `mass` (s, n) sums to 1 in each segment, `edges` (s, n) is its running sum there, `search` (s n,) the same with
    segments two apart. `by_creator` and `of_creator` (s, c) are mass and number of a creator's items.
    """

    weight: Floats
    explore: float
    mass: Floats
    edges: Floats
    search: Floats
    creator: Codes
    by_creator: Floats
    of_creator: Codes

    @staticmethod
    def of(weight: Floats, explore: float, allowed: Mask, creator: Codes) -> Menu:
        """The menu of items with popularity `weight` (n,) where `allowed` (s, n); made by `creator` (n,)."""
        share = np.where(allowed, weight, 0.0)
        count = np.maximum(allowed.sum(axis=1, keepdims=True), 1)
        total = np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
        mass = (1.0 - explore) * share / total + explore * allowed / count
        segments, width = len(mass), int(creator.max(initial=0)) + 1
        edges = np.cumsum(mass, axis=1)
        flat = (np.arange(segments)[:, None] * width + creator).ravel()
        return Menu(
            weight,
            explore,
            mass,
            edges,
            (edges + 2.0 * np.arange(segments)[:, None]).ravel(),
            creator,
            np.asarray(np.bincount(flat, mass.ravel(), segments * width).reshape(segments, width), dtype=np.float64),
            np.bincount(flat[allowed.ravel()], minlength=segments * width).astype(np.int64).reshape(segments, width),
        )


def weights(clicks: Floats, impressions: Floats, temper: float) -> Floats:
    """(n,) popularity of items with the given counts: their click rate to the power that `temper` asks for."""
    return np.asarray((clicks / impressions) ** temper)


def draw(world: World, asked: Requests, weight: Floats) -> Shown:
    """Slates for `asked` from the popularity `weight` (catalogue,) of items."""
    segment, allowed = world.eligible_by_segment(asked)
    now = world.catalogue
    menu = Menu.of(weight, world.config.logs.explore, allowed, world.items.creator[:now])
    return _Draw(world, asked, segment, menu).slates()


class _Draw:
    """The slates of a set of requests as they are drawn."""

    def __init__(self, world: World, asked: Requests, segment: Codes, menu: Menu) -> None:
        self.asked, self.segment, self.menu = asked, segment, menu
        self.size, self.cap = world.surface.slate.size, world.surface.slate.max_per_creator
        self.luck, self.choice = world.streams["log slot"], world.streams["log explored"]
        r = len(asked)
        self.items = np.full((r, self.size), -1, dtype=np.int64)
        self.gone, self.closed = np.zeros(r), np.zeros(r, dtype=np.int64)

    def slates(self) -> Shown:
        shape = self.items.shape
        propensity, eligible, mass = np.zeros(shape), np.zeros(shape, dtype=np.int64), np.zeros(shape)
        allowed = self.menu.of_creator.sum(axis=1)[self.segment]
        for slot in range(self.size):
            eligible[:, slot] = allowed - self.closed
            some = np.flatnonzero(eligible[:, slot] > 0)
            item = self._slot(some, slot)
            mass[some, slot] = self.menu.mass[self.segment[some], item]
            propensity[some, slot] = np.minimum(mass[some, slot] / np.maximum(1.0 - self.gone[some], 1e-300), 1.0)
            self._take(some, slot, item, mass[some, slot])
        uniform = self.menu.explore / np.maximum(allowed, 1)[:, None] / np.maximum(mass, 1e-300)
        slots = np.arange(self.size)
        explored = self.choice.uniform(self.asked.day, self.asked.key[:, None], slots) < uniform
        return Shown(self.items, propensity, explored & (self.items >= 0), eligible)

    def _slot(self, rows: Codes, slot: int) -> Codes:
        """(rows,) an item for each: drawn, and drawn again where it is not allowed any more."""
        found = np.zeros(len(rows), dtype=np.int64)
        open_ = np.arange(len(rows))
        for attempt in range(_TRIES):
            luck = self.luck.uniform(self.asked.day, self.asked.key[rows[open_]], slot, attempt)
            found[open_] = self._lookup(self.segment[rows[open_]], luck)
            open_ = open_[~self._fits(rows[open_], slot, found[open_])]
            if not len(open_):
                return found
        luck = self.luck.uniform(self.asked.day, self.asked.key[rows[open_]], slot, _TRIES)
        found[open_] = self._exactly(rows[open_], slot, luck)
        return found

    def _lookup(self, segment: Codes, luck: Floats) -> Codes:
        """The first item whose edge lies beyond `luck`; a search over all segments at once may be off by rounding."""
        edges, n = self.menu.edges, self.menu.mass.shape[1]
        target = luck * edges[segment, -1]
        near = np.searchsorted(self.menu.search, target + 2.0 * segment, side="right") - segment * n
        item = np.clip(near, 0, n - 1)
        while (low := (edges[segment, item] <= target) & (item < n - 1)).any():
            item = item + low
        while (high := (item > 0) & (edges[segment, np.maximum(item - 1, 0)] > target)).any():
            item = item - high
        return np.asarray(item)

    def _fits(self, rows: Codes, slot: int, item: Codes) -> Mask:
        """(rows,) whether each item may stand there, given the items above."""
        above = self.items[rows, :slot]
        fits: Mask = (self.menu.mass[self.segment[rows], item] > 0.0) & ~(above == item[:, None]).any(axis=1)
        if self.cap is not None:
            made = self.menu.creator[item][:, None] == self.menu.creator[above]
            fits &= made.sum(axis=1) < self.cap
        return fits

    def _exactly(self, rows: Codes, slot: int, luck: Floats) -> Codes:
        """The same draw from the whole list of what is allowed, for the few rows that met with no luck."""
        n = self.menu.mass.shape[1]
        found = np.zeros(len(rows), dtype=np.int64)
        for nth, row in enumerate(rows.tolist()):
            fits = self._fits(np.full(n, row), slot, np.arange(n))
            edges = np.cumsum(np.where(fits, self.menu.mass[self.segment[row]], 0.0))
            found[nth] = np.searchsorted(edges, luck[nth] * edges[-1], side="right")
        return found

    def _take(self, rows: Codes, slot: int, item: Codes, mass: Floats) -> None:
        """Put the items there; what they close, themselves or the rest of their creator's, is gone."""
        above = self.items[rows, :slot]
        self.items[rows, slot] = item
        self.gone[rows] += mass
        self.closed[rows] += 1
        if self.cap is None:
            return
        creator, segment = self.menu.creator[item], self.segment[rows]
        same = self.menu.creator[above] == creator[:, None]
        full = same.sum(axis=1) + 1 == self.cap
        had = np.where(same, self.menu.mass[segment[:, None], above], 0.0).sum(axis=1) + mass
        self.gone[rows] += np.where(full, self.menu.by_creator[segment, creator] - had, 0.0)
        self.closed[rows] += np.where(full, self.menu.of_creator[segment, creator] - self.cap, 0)
