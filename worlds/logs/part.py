"""One part of a day's logs: the requests of some users, lived and written chunk by chunk.

Which users make a part is fixed, rows lie in the order of users, and files are cut at fixed numbers of rows: so the
bytes depend neither on the chunk size nor on the process that writes the part.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from worlds.draws import Codes, Floats
from worlds.logs import delivery, features, policy, tables
from worlds.logs.outcomes import outcome_rows
from worlds.logs.parquet import Files
from worlds.logs.words import item_ids
from worlds.memory import Consumption, consumption
from worlds.outcomes import Outcomes
from worlds.sessions import Requests
from worlds.world import World

PART_USERS = 20_000


@dataclass(frozen=True)
class Job:
    """What a part of a day needs besides the world: folders by layer, where later rows wait, and the policy's state.

    `weight` (catalogue,) as the policy uses it; `held` (n,) for a stale feature; `truth` folder or None.
    """

    number: int
    folders: dict[str, Path]
    later: Path
    truth: Path | None
    weight: Floats
    held: Floats
    chunk_users: int


@dataclass(frozen=True)
class Done:
    """What came of a part: rows written by layer, impressions and clicks (catalogue,) by item, consumption."""

    rows: Counter[str]
    impressions: Floats
    clicks: Floats
    eaten: Consumption


def parts(world: World) -> int:
    """How many parts the world's day has."""
    return -(-len(world.users) // PART_USERS)


def write(world: World, job: Job) -> Done:
    """Live and write one part of the world's day."""
    first, last = job.number * PART_USERS, min((job.number + 1) * PART_USERS, len(world.users))
    with Files() as files:
        writing = _Writing(world, job, files)
        eaten = [writing.chunk(at, min(at + job.chunk_users, last)) for at in range(first, last, job.chunk_users)]
    joined = (np.concatenate([getattr(one, name) for one in eaten]) for name in ("user", "item", "at"))
    return Done(writing.rows, writing.impressions, writing.clicks, Consumption(*joined))


class _Writing:
    def __init__(self, world: World, job: Job, files: Files) -> None:
        self.world, self.job, self.files = world, job, files
        self.rows: Counter[str] = Counter()
        self.impressions, self.clicks = np.zeros(world.catalogue), np.zeros(world.catalogue)

    def chunk(self, first: int, last: int) -> Consumption:
        """Live and write the day of the users number `first` to `last` (excluded)."""
        asked = self.world.requests(first, last)
        asked = asked.take(np.argsort(asked.key))
        shown = policy.draw(self.world, asked, self.job.weight)
        happened = self.world.respond(asked, shown.items)
        ids = tables.Ids.of(asked, shown.items)
        self._requests(asked, shown, ids)
        self._impressions(asked, shown, happened, ids)
        self._outcomes(asked, happened, ids)
        self._truth(asked, shown, ids)
        eaten = consumption(asked, happened)
        now = self.world.catalogue
        self.impressions += np.bincount(shown.items[shown.items >= 0], minlength=now)
        self.clicks += np.bincount(eaten.item, minlength=now)
        return eaten

    def _requests(self, asked: Requests, shown: policy.Shown, ids: tables.Ids) -> None:
        luck = self.world.streams["sampled"].uniform(asked.day, asked.key)
        sampled = luck < self.world.config.logs.sampled
        self._add("request", tables.requests(self.world, asked, ids, sampled))
        some = asked.take(sampled)
        if not len(some):
            return
        found = tables.offered(self.world, some, shown.items[sampled], self.job.weight)
        self._add("candidate", tables.candidates(self.world, some, found))
        looked_at = features.served(self.world, some, found, self.job.weight, self.job.held)
        self._add("ranking", tables.rankings(some, found, item_ids(self.world, found.item), looked_at))

    def _impressions(self, asked: Requests, shown: policy.Shown, happened: Outcomes, ids: tables.Ids) -> None:
        rows = tables.impressions(self.world, asked, shown, ids, happened.shown_at)
        for delivered in delivery.impressions(self.world, asked, shown.items):
            self._deliver("impression", rows, delivered)

    def _outcomes(self, asked: Requests, happened: Outcomes, ids: tables.Ids) -> None:
        seen = delivery.reported(self.world, asked, happened)
        rows = outcome_rows(seen, ids.request, ids.impression)
        for delivered in delivery.outcomes(self.world, asked, seen):
            self._deliver("outcome", rows, delivered)

    def _truth(self, asked: Requests, shown: policy.Shown, ids: tables.Ids) -> None:
        if self.job.truth is None:
            return
        real = self.world.rates(asked, shown.items)
        index = np.flatnonzero(ids.shown)
        rows = {"impression_id": ids.impression.take(pa.array(index)), "examined": _at(real.examined, index)}
        rows |= {name: _at(rate, index) for name, rate in real.rate.items()}
        table = pa.table({**rows, "utility": _at(real.utility, index)})
        self.files.add(None, self.job.truth / f"part-{self.job.number:04d}.parquet", table)

    def _deliver(self, layer: str, rows: pa.Table, delivered: delivery.Delivered) -> None:
        for after, which in delivered.groups():
            name = f"{'again' if delivered.again else 'part'}-{self.job.number:04d}.parquet"
            chosen = rows if len(which) == len(rows) else rows.take(pa.array(which))
            if after == 0:
                self.rows[layer] += self.files.add(layer, self.job.folders[layer] / name, chosen)
            else:
                day = self.world.date + timedelta(days=after)
                path = self.job.later / layer / f"day={day}" / f"late-{self.world.date}-{name}"
                self.files.add(layer, path, chosen)

    def _add(self, layer: str, rows: pa.Table) -> None:
        path = self.job.folders[layer] / f"part-{self.job.number:04d}.parquet"
        self.rows[layer] += self.files.add(layer, path, rows)


def _at(values: Floats, index: Codes) -> pa.Array:
    return pa.array(values.ravel()[index])
