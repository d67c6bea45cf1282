"""Whole days of a world in landing, under its logging policy: the same bytes with any chunk size or process count."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from schemas.errors import UserError
from schemas.logs import LAYERS
from worlds import landing as files
from worlds.draws import Floats
from worlds.logs import dimensions, part
from worlds.logs.popularity import Popularity
from worlds.logs.words import item_ids, user_ids
from worlds.logs.workers import Workers
from worlds.memory import Consumption
from worlds.world import World

Rows = dict[date, Counter[str]]
"""Rows written per arrival day and layer, late and broken ones included."""
LATER = ".later"
"""Folder of landing in which rows wait for the day on which they arrive."""
CHUNK_USERS = 4_000


@dataclass(frozen=True)
class Writing:
    """How logs are written: where, their truth's folder (None: not kept), and with how much memory and how many
    processes."""

    landing: Path
    truth: Path | None = None
    chunk_users: int = CHUNK_USERS
    processes: int = 1


def write(world: World, days: int, how: Writing) -> Rows:
    """Live `days` days of `world` from the day it stands at, with the logging policy, and write them to landing.

    The world moves on. A longer run begins with the same days as a shorter one. Raises UserError if `days`, the chunk
    size or the number of processes is not positive.
    """
    for name, value in (("days", days), ("chunk users", how.chunk_users), ("processes", how.processes)):
        if value < 1:
            raise UserError(f"{name}: found {value}; allowed is 1 or more")
    if world.day == 0:
        shutil.rmtree(how.landing / LATER, ignore_errors=True)
    known = Popularity.before(world)
    rows: Rows = {}
    with _workers(world, how) as workers:
        for _ in range(days):
            rows[world.date] = _day(world, known, how, workers)
            world.pass_day()
    if how.truth is not None:
        record(world, how.truth)
    return rows


def record(world: World, truth: Path) -> None:
    """Write to `truth` what the world was made of, and the faults it has had or will have."""
    truth.mkdir(parents=True, exist_ok=True)
    arrays = {f"user_{name}": getattr(world.users, name) for name in world.users.__dataclass_fields__}
    arrays |= {f"item_{name}": getattr(world.items, name) for name in world.items.__dataclass_fields__}
    np.savez(truth / "population.npz", allow_pickle=False, **arrays)
    faults = world.config.faults.record(world.first_day)
    for row in faults:
        if row["fault"] == "viral":
            row["item"] = item_ids(world, np.array([world.viral_item()]))[0].as_py()
        if row["fault"] == "bots" and world.config.faults.bots is not None:
            who = np.flatnonzero(world.config.faults.bots.who(np.arange(len(world.users)), world.streams))
            row["users"] = user_ids(who).to_pylist()
        if row["fault"] == "clock_skew" and world.config.faults.clock_skew is not None:
            shift = world.config.faults.clock_skew.shift(np.arange(len(world.users)), world.streams)
            row["users"] = user_ids(np.flatnonzero(shift)).to_pylist()
    (truth / "faults.json").write_text(json.dumps(faults, indent=2) + "\n")


@contextlib.contextmanager
def _workers(world: World, how: Writing) -> Iterator[Workers]:
    if how.processes == 1:
        yield Workers(world, None)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(how.processes, mp_context=context) as pool:
        yield Workers(world, pool)


def _day(world: World, known: Popularity, how: Writing, workers: Workers) -> Counter[str]:
    weight = _weight(world, known)
    with contextlib.ExitStack() as stack:
        folders = {
            layer.name: stack.enter_context(files.replacing(how.landing, layer.name, world.date)) for layer in LAYERS
        }
        truth = None
        if how.truth is not None:
            truth = stack.enter_context(files.replacing(how.truth, "impressions", world.date))
        held = weight if known.held is None else known.held
        jobs = [
            part.Job(number, folders, how.landing / LATER, truth, weight, held, how.chunk_users)
            for number in range(part.parts(world))
        ]
        done = workers.run(jobs)
        rows = sum((one.rows for one in done), Counter[str]())
        rows += _arrived(world, how.landing / LATER, folders)
        rows += odd_lines(world, folders)
        rows += _dimensions(world, folders)
    known.learn(world, *(np.sum([getattr(one, name) for one in done], axis=0) for name in ("impressions", "clicks")))
    world.take_up(Consumption(*(np.concatenate([getattr(one.eaten, name) for one in done]) for name in _EATEN)))
    return rows


_EATEN = ("user", "item", "at")


def _weight(world: World, known: Popularity) -> Floats:
    """The weights that the policy uses today, which a broken model turns upside down."""
    weight = known.weight(world)
    stale, broken = world.config.faults.stale_feature, world.config.faults.broken_model
    if stale is not None and world.day == stale.from_day:
        known.held = weight
    return broken.weight(weight) if broken is not None and broken.active(world.day) else weight


def _arrived(world: World, later: Path, folders: dict[str, Path]) -> Counter[str]:
    """Take in what earlier days left for this one."""
    rows: Counter[str] = Counter()
    for layer in sorted(path.name for path in later.iterdir()) if later.is_dir() else ():
        waiting = later / layer / f"day={world.date}"
        for path in sorted(waiting.glob("*.parquet")):
            shutil.copyfile(path, folders[layer] / path.name)
            rows[layer] += pq.ParquetFile(path).metadata.num_rows
    return rows


def odd_lines(world: World, folders: Mapping[str, Path]) -> Counter[str]:
    """Write the day's malformed lines into the day's `folders` by layer, each made from a good row there; how many."""
    malformed, rows = world.config.faults.malformed, Counter[str]()
    if malformed is None or not malformed.active(world.day):
        return rows
    for layer in ("request", "impression", "outcome"):
        good = _first_row(folders[layer])
        if good is not None:
            lines = malformed.lines(layer, good, world.date)
            (folders[layer] / "odd.jsonl").write_text("".join(f"{line}\n" for line in lines))
            rows[layer] += len(lines)
    return rows


def _first_row(folder: Path) -> dict[str, Any] | None:
    """A row as a world, or a server, has landed it in `folder`."""
    for path in sorted(folder.glob("part-*.parquet")):
        row = next(pq.ParquetFile(path).iter_batches(batch_size=1)).to_pylist()[0]
        return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
    for path in sorted(folder.glob("*.jsonl")):
        with path.open() as lines:
            found: dict[str, Any] = json.loads(next(lines))
            return found
    return None


def _dimensions(world: World, folders: dict[str, Path]) -> Counter[str]:
    rows: Counter[str] = Counter()
    for layer, table in (("item", dimensions.item_rows(world)), ("user", dimensions.user_rows(world))):
        files.write_parquet(files.conform(table, layer), folders[layer] / "part-0000.parquet")
        rows[layer] = len(table)
    return rows
