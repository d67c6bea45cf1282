"""Write the default world's days to landing, and its truth beside."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.errors import UserError
from worlds import landing as files
from worlds.randomness import rng
from worlds.shorts import delivery, dimensions, logs
from worlds.shorts.config import DAYS, FIRST_DAY, SEED, SURFACE, WorldConfig
from worlds.shorts.simulate import Day, World

Rows = dict[date, Counter[str]]
"""Rows written per arrival day and layer, broken ones included."""


class _Writer:
    """Collects what is to arrive on each day, and writes a day once all that can arrive on it is known."""

    def __init__(self, landing: Path, seed: int) -> None:
        self.landing, self.seed = landing, seed
        self.outcomes: dict[date, dict[str, pa.Table]] = {}
        self.repeated: dict[date, pa.Table] = {}

    def write(self, day: Day, world: World) -> Counter[str]:
        for (arrival, name), rows in delivery.deliver(day, self._rng("delivery", day.date)).items():
            self.outcomes.setdefault(arrival, {})[name] = rows
        shown = logs.impressions(day)
        again, later = delivery.shown_twice(shown, self._rng("shown twice", day.date))
        self.repeated[day.date + timedelta(days=1)] = later
        half = len(shown) // 2
        parts = {"part-0000.jsonl.gz": shown.slice(0, half), "part-0001.jsonl.gz": shown.slice(half), "again": again}
        if day.date in self.repeated:
            parts["again"] = pa.concat_tables([again, self.repeated.pop(day.date)])
        asked = logs.requests(day, world.state.users)
        return Counter(
            request=self._jsonl("request", day.date, {"part-0000.jsonl.gz": asked}),
            candidate=self._parquet("candidate", day.date, logs.candidates(day)),
            ranking=self._parquet("ranking", day.date, logs.rankings(day, world.state.items.born)),
            impression=self._jsonl("impression", day.date, parts),
            outcome=self._jsonl("outcome", day.date, self.outcomes.pop(day.date, {}), delivery.orphans(day.date)),
            **self._dimensions(day, world),
        )

    def _rng(self, purpose: str, day: date) -> np.random.Generator:
        return rng(self.seed, SURFACE, day, purpose)

    def _jsonl(
        self, layer: str, day: date, parts: dict[str, pa.Table], extra: list[dict[str, Any]] | None = None
    ) -> int:
        """Write `parts` by file name; the part called `again`, `extra` rows and broken lines share a plain file."""
        parts = {name: files.conform(rows, layer) for name, rows in parts.items()}
        first = next(iter(parts.values()))
        odd = [json.dumps(row) for row in extra or []] + delivery.broken(layer, _loggable(first.slice(0, 1)))
        with files.replacing(self.landing, layer, day) as folder:
            for name, rows in sorted(parts.items()):
                if name == "again":
                    files.write_jsonl(rows, folder / "retried.jsonl")
                else:
                    files.write_jsonl(rows, folder / name)
            (folder / "odd.jsonl").write_text("\n".join(odd) + "\n")
        return sum(map(len, parts.values())) + len(odd)

    def _parquet(self, layer: str, day: date, rows: pa.Table) -> int:
        with files.replacing(self.landing, layer, day) as folder:
            files.write_parquet(files.conform(rows, layer), folder / "part-0000.parquet")
        return len(rows)

    def _dimensions(self, day: Day, world: World) -> dict[str, int]:
        items, users = world.state.items, world.state.users
        draws = self._rng("dimensions", day.date)
        item_rows = dimensions.item_rows(
            items, world.first_day, day.date, *dimensions.arriving(items.born, day.number, draws)
        )
        user_rows = dimensions.user_rows(
            users, world.first_day, day.date, *dimensions.arriving(users.signed_up, day.number, draws)
        )
        return {
            "item": self._parquet("item", day.date, item_rows),
            "user": self._parquet("user", day.date, user_rows),
        }


def _loggable(rows: pa.Table) -> dict[str, Any]:
    row: dict[str, Any] = rows.to_pylist()[0]
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}


def write(
    landing: Path,
    first_day: date = FIRST_DAY,
    days: int = DAYS,
    seed: int = SEED,
    *,
    config: WorldConfig | None = None,
    truth: Path | None = None,
) -> Rows:
    """Write `days` days from `first_day` to `landing`, and what was really so to the folder `truth` if given.

    The same seed and first day give the same bytes, and a longer world begins with the same days as a shorter one.
    Raises UserError if `days` is not positive.
    """
    if days < 1:
        raise UserError(f"a world needs at least one day; found {days}", fix="give --days 1 or more")
    world = World(config or WorldConfig(), seed, first_day)
    writer = _Writer(landing, seed)
    rows: Rows = {}
    for _ in range(days):
        day = world.next_day()
        rows[day.date] = writer.write(day, world)
        if truth is not None:
            _write_day_truth(truth, day)
    if truth is not None:
        _write_population(truth, world)
    return rows


def _write_day_truth(truth: Path, day: Day) -> None:
    truth.mkdir(parents=True, exist_ok=True)
    ids = logs.impression_ids(day, np.arange(len(day.exposure.item)))
    table = pa.table({"impression_id": ids, "p_examine": day.exposure.examine, "p_click": day.exposure.click})
    files.write_parquet(table, truth / f"impressions-{day.date}.parquet")


def _write_population(truth: Path, world: World) -> None:
    people, stock = world.state.users, world.state.items
    arrays = {f"user_{f.name}": getattr(people, f.name) for f in fields(people)}
    arrays |= {f"item_{f.name}": getattr(stock, f.name) for f in fields(stock)}
    np.savez(truth / "population.npz", allow_pickle=False, **arrays)
