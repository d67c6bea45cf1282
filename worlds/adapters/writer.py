"""One writer for every data set: rows go to the landing folder of the day they happened on."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import UserError
from schemas.logs import EVENT_TIME
from worlds import landing as files
from worlds.adapters.reading import NEVER, Batch, Ints, Mask
from worlds.adapters.report import Tally

DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)
OUTSIDE = "outside the asked days"


class Writer:
    """Writes parquet parts beside the landing folder and moves whole days into it at the end.

    Rows before `first_day` or after `last_day` (both included, None for no limit) are left out by `within`.
    """

    def __init__(self, landing: Path, first_day: date | None = None, last_day: date | None = None) -> None:
        self.landing, self.first_day, self.last_day = landing, first_day, last_day
        self.rows: dict[date, Counter[str]] = {}
        self.tallies: dict[str, Tally] = {}
        self.notes: list[str] = []
        self.lacks: set[str] = set()
        self.staging = landing / ".import"
        self._parts: Counter[tuple[str, date]] = Counter()
        self._seen: list[date] = []
        shutil.rmtree(self.staging, ignore_errors=True)

    def tally(self, what: str) -> Tally:
        """The tally of one kind of source row; the same one whenever it is asked for."""
        return self.tallies.setdefault(what, Tally(what))

    def within(self, batch: Batch) -> Batch:
        """The rows of `batch` whose column `at` (UTC microseconds) lies within the asked days."""
        days = batch["at"] // DAY_US
        self._seen += [_day(number) for number in (days.min(), days.max())] if len(days) else []
        mask: Mask = np.ones(len(days), dtype=bool)
        if self.first_day is not None:
            mask &= days >= (self.first_day - _EPOCH).days
        if self.last_day is not None:
            mask &= days <= (self.last_day - _EPOCH).days
        return batch.keep(mask, OUTSIDE)

    def imported(self) -> tuple[date, date]:
        """The first and last day that have an impression; raises UserError if there is none."""
        days = [day for day, counts in self.rows.items() if counts["impression"]]
        if not days:
            span = f"the set spans {min(self._seen)} to {max(self._seen)}" if self._seen else "it has no readable row"
            asked = f" from {self.first_day or 'its first day'} to {self.last_day or 'its last day'}"
            raise UserError(f"nothing to import{asked}: {span}", fix="ask for days that the set has")
        return min(days), max(days)

    def add(self, layer: str, rows: pa.Table, days: Ints | None = None) -> None:
        """File `rows` under the UTC day of their event, or under `days` (n,) since 1970 where they are given."""
        if not len(rows):
            return
        table = files.conform(rows, layer)
        if days is None:
            days = np.asarray(table[EVENT_TIME[layer]].cast(pa.int64())) // DAY_US
        order = np.argsort(days, kind="stable")
        numbers, starts = np.unique(days[order], return_index=True)
        table = table.take(pa.array(order))
        for number, start, end in zip(numbers.tolist(), starts, [*starts[1:], len(order)], strict=True):
            self._part(layer, _day(number), table.slice(start, end - start))

    def add_dimension(self, layer: str, batch: Batch, rows: pa.Table, at: Ints | None = None) -> None:
        """File the dimension `rows` of `batch`, after the logs, under the day of `at`: (n,) UTC microseconds, NEVER
        where the set gives a row no time. None is filed before the first imported day, and undated ones on it.

        Rows dated after the last imported day are set aside. Counts the tally of `batch`.
        """
        first, last = self.imported()
        midnight = (first - _EPOCH).days * DAY_US
        updated = np.full(len(rows), midnight) if at is None else np.where(at == NEVER, midnight, at)
        early = updated < (last - _EPOCH).days * DAY_US + DAY_US
        batch = batch.keep(early, "dated after the last imported day")
        batch.tally.kept += len(batch)
        rows = rows.append_column("updated_at", timestamps(updated)).filter(pa.array(early))
        self.add(layer, rows, np.maximum(updated[early], midnight) // DAY_US)

    def finish(self) -> None:
        """Move every day into landing. A day that was there already is replaced, layer by layer."""
        self.imported()
        for layer, day in sorted(self._parts):
            with files.replacing(self.landing, layer, day) as folder:
                for path in sorted(self._folder(layer, day).iterdir()):
                    path.rename(folder / path.name)

    def _folder(self, layer: str, day: date) -> Path:
        return self.staging / layer / f"day={day}"

    def _part(self, layer: str, day: date, rows: pa.Table) -> None:
        folder = self._folder(layer, day)
        folder.mkdir(parents=True, exist_ok=True)
        files.write_parquet(rows, folder / f"part-{self._parts[layer, day]:04d}.parquet")
        self._parts[layer, day] += 1
        self.rows.setdefault(day, Counter())[layer] += len(rows)


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=int(number))


def timestamps(microseconds: Ints) -> pa.Array:
    """(n,) UTC microseconds as Arrow timestamps, null where NEVER."""
    return pa.array(microseconds, pa.timestamp("us", tz="UTC"), mask=microseconds == NEVER)


def joined(separator: str, *parts: pa.Array | str) -> pa.Array:
    """Ids made of `parts`, arrays of text of one length or fixed words, with `separator` between them."""
    return pc.binary_join_element_wise(*parts, separator)


def outcome_rows(shown: pa.Table, outcome: str, value: npt.NDArray[np.float64]) -> pa.Table:
    """One `outcome` per row of `shown`, at the time it was shown: for sets that log no time of their own for it."""
    return pa.table(
        {
            "outcome_id": joined("-", shown["impression_id"].combine_chunks(), outcome),
            "impression_id": shown["impression_id"],
            "request_id": shown["request_id"],
            "outcome": pa.array([outcome] * len(shown), pa.string()),
            "value": pa.array(value),
            "occurred_at": shown["shown_at"],
        }
    )
