"""What really happened to the slates of a day: looks, events with their times, amounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from worlds import clicks
from worlds.config import Delay, OutcomeSpec, WorldConfig
from worlds.draws import Codes, Floats, Mask, Streams
from worlds.drivers import Drivers
from worlds.responses import context, score
from worlds.sessions import Requests

Flat = Codes
"""Indices into the raveled (r, k) impressions."""


@dataclass(frozen=True)
class Outcomes:
    """What happened to (r, k) impressions, and e events; event arrays have length e.

    `looked` (r, k); `shown_at` (r, k) UTC microseconds. `impression` indexes the raveled impressions, `outcome` the
    world's outcomes in the order of its file (hidden ones included), `part` counts the rows of a split amount,
    `occurred_at` is UTC microseconds.
    """

    names: tuple[str, ...]
    consumed_by: str
    items: Codes
    looked: Mask
    shown_at: Codes
    impression: Flat
    outcome: Codes
    part: Codes
    value: Floats
    occurred_at: Codes

    def total(self, name: str) -> Floats:
        """(r, k) sum of the values of outcome `name`."""
        mine = self.outcome == self.names.index(name)
        summed = np.bincount(self.impression[mine], self.value[mine], minlength=self.items.size)
        return np.asarray(summed.reshape(self.items.shape))


@dataclass(frozen=True)
class _Happening:
    """Where (flat) and when one outcome happened, before amounts are split."""

    at: Flat
    value: Floats
    when: Codes


class Luck:
    """The draws of a set of requests, slot by slot, by purpose."""

    def __init__(self, streams: Streams, asked: Requests, slots: int) -> None:
        self._streams, self._asked, self._slots = streams, asked, slots

    def grid(self, purpose: str) -> Floats:
        """(r, k) uniform numbers."""
        return self._streams[purpose].uniform(self._asked.day, self._asked.key[:, None], np.arange(self._slots))

    def uniform(self, purpose: str, at: Flat) -> Floats:
        """Uniform numbers of the impressions `at`: those of `grid` there."""
        return self._streams[purpose].uniform(*self._ids(at))

    def normal(self, purpose: str, at: Flat) -> Floats:
        """Standard normal numbers of the impressions `at`."""
        return self._streams[purpose].normal(*self._ids(at))

    def _ids(self, at: Flat) -> tuple[int, Codes, Codes]:
        return self._asked.day, self._asked.key[at // self._slots], at % self._slots


def happen(config: WorldConfig, asked: Requests, items: Codes, found: Drivers, streams: Streams) -> Outcomes:
    """Draw what happens to slates `items` (r, k) with the drivers `found` (r, k); -1 is an empty slot."""
    return _Drawing(config, asked, found, Luck(streams, asked, items.shape[1])).happen(items)


@dataclass(frozen=True)
class _Drawing:
    """One draw of what happens to (r, k) impressions."""

    config: WorldConfig
    asked: Requests
    found: Drivers
    luck: Luck

    def happen(self, items: Codes) -> Outcomes:
        shown_at = self._shown()
        looked, would = self._look(items >= 0)
        seen = np.flatnonzero(looked)
        known = {"examined": _Happening(seen, np.ones(len(seen)), shown_at.ravel()[seen])}
        for name, spec in self.config.outcomes.items():
            before = known[spec.given]
            if spec.unless is not None:
                before = _without(before, known[spec.unless].at)
            if would is not None and name == self.config.consumed_by:
                yes, value = would.ravel()[before.at], np.ones(len(before.at))
            else:
                yes, value = self._draw(name, spec, before.at)
            at = before.at[yes]
            known[name] = _Happening(at, value[yes], before.when[yes] + _delay(spec.delay, name, at, self.luck))
        return _collect(self.config, items, looked, shown_at, known)

    def _shown(self) -> Codes:
        low, high = self.config.clicks.gap_s
        gaps = low + (high - low) * self.luck.grid("gap")
        return np.asarray(self.asked.at[:, None] + np.round(np.cumsum(gaps, axis=1) * 1e6).astype(np.int64))

    def _look(self, shown: Mask) -> tuple[Mask, Mask | None]:
        """Which impressions are looked at, and (cascade only) which would be consumed if so."""
        luck = self.luck.grid("look")
        if self.config.clicks.model == "position":
            return clicks.look(self.config.clicks, luck, shown) & shown, None
        spec = self.config.outcomes[self.config.consumed_by]
        chance = expit(score(spec, context(self.config, spec, self.asked)[:, None], self.found))
        would = (self.luck.grid(f"outcome {self.config.consumed_by}") < chance) & shown
        return clicks.look(self.config.clicks, luck, would) & shown, would

    def _draw(self, name: str, spec: OutcomeSpec, at: Flat) -> tuple[Mask, Floats]:
        """Whether outcome `name` happens at each of `at`, and its value."""
        row = at // next(iter(self.found.values())).shape[1]
        drivers = {driver: self.found[driver].ravel()[at] for driver in spec.effects}
        scores = np.broadcast_to(score(spec, context(self.config, spec, self.asked)[row], drivers), row.shape)
        if not spec.unit:
            return self.luck.uniform(f"outcome {name}", at) < expit(scores), np.ones(len(at))
        amount = np.exp(scores + spec.sigma * self.luck.normal(f"outcome {name}", at))
        return np.ones(len(at), dtype=bool), np.round(np.clip(amount, spec.least, spec.most), 3)


def _delay(spec: Delay, name: str, at: Flat, luck: Luck) -> Codes:
    """Microseconds from what it follows to the outcome."""
    usual = np.minimum(spec.median_s * np.exp(spec.sigma * luck.normal(f"delay {name}", at)), spec.most_s)
    if spec.late:
        low, high = spec.late_s
        late = luck.uniform(f"late {name}", at) < spec.late
        usual = np.where(late, low + (high - low) * luck.uniform(f"lateness {name}", at), usual)
    return np.asarray(np.round(usual * 1e6).astype(np.int64))


def _without(before: _Happening, other: Flat) -> _Happening:
    keep = ~np.isin(before.at, other, assume_unique=True)
    return _Happening(before.at[keep], before.value[keep], before.when[keep])


def _collect(
    config: WorldConfig, items: Codes, looked: Mask, shown_at: Codes, known: dict[str, _Happening]
) -> Outcomes:
    rows: list[tuple[Flat, Codes, Codes, Floats, Codes]] = []
    for code, (name, spec) in enumerate(config.outcomes.items()):
        one = known[name]
        for part, (at, value, when) in enumerate(_parts(spec, one)):
            rows.append((at, np.full(len(at), code), np.full(len(at), part), value, when))
    impression, outcome, part_number, values, occurred = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Outcomes(
        tuple(config.outcomes),
        config.consumed_by,
        items,
        looked,
        shown_at,
        impression,
        outcome,
        part_number,
        values,
        occurred,
    )


def _parts(spec: OutcomeSpec, one: _Happening) -> list[tuple[Flat, Floats, Codes]]:
    """An amount that takes time is reported as it ends, and once more in the middle if it is long."""
    if not spec.unit:
        return [(one.at, one.value, one.when)]
    lasts = np.round(one.value * 1e6).astype(np.int64) if spec.unit == "s" else np.zeros(len(one.at), dtype=np.int64)
    if spec.split is None:
        return [(one.at, one.value, one.when + lasts)]
    long = one.value > spec.split
    first = np.minimum(one.value, spec.split)
    early = np.where(long, int(spec.split * 1e6) if spec.unit == "s" else 0, lasts)
    rest = np.round(one.value[long] - spec.split, 3)
    return [(one.at, first, one.when + early), (one.at[long], rest, (one.when + lasts)[long])]
