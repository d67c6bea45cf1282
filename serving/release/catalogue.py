"""Every item a release may show, as rows 0..n-1: stages pass rows, and only the answer turns them into ids again."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import scipy.sparse as sp

from features.affinity import Wide, affinity, contents, tastes, unit
from features.neighbours import nearness
from features.request import HISTORY, Floats
from serving.release.tags import Tags

NEIGHBOURS_FILE = "neighbours.npz"
"""Beside the catalogue's own file; its rows and columns are those of the catalogue."""

Rows = npt.NDArray[np.int64]
"""(n,) int64 rows of the catalogue; -1 is an item that is not in it."""


def among(rows: Rows, some: Rows) -> npt.NDArray[np.bool_]:
    """(n,) whether each of `rows` is one of `some`: as `numpy.isin`, but faster for the few hundred of a request."""
    if not len(some):
        return np.zeros(len(rows), dtype=np.bool_)
    ascending = np.sort(some)
    places = np.searchsorted(ascending, rows)
    return np.asarray(ascending[np.minimum(places, len(ascending) - 1)] == rows)


@dataclass(frozen=True)
class Column:
    """One id column of the catalogue: the (n,) `values` (`""` where unknown), as `codes` into `names`, -1 unknown."""

    values: npt.NDArray[np.object_]
    codes: Rows
    names: dict[str, int]

    @classmethod
    def of(cls, values: Iterable[str | None]) -> Column:
        array = np.array([value or "" for value in values], dtype=object)
        names: dict[str, int] = {}
        codes = [names.setdefault(value, len(names)) if value else -1 for value in array]
        return cls(array, np.array(codes, dtype=np.int64), names)


@dataclass(frozen=True)
class Catalogue:
    """(n,) arrays by row. `created`: int64 UTC microseconds, 0 where unknown. `durations`: float32 seconds, NaN where
    unknown."""

    ids: npt.NDArray[np.object_]
    creators: Column
    topics: Column
    titles: npt.NDArray[np.object_]
    created: Rows
    durations: Floats
    row_of: dict[str, int]
    tags: Tags = Tags.NONE
    contents: Wide = field(default_factory=lambda: np.empty((0, 0)))
    """(n, d) content embeddings of unit length, NaN where unknown; (0, 0) in a catalogue that has none."""
    similar: Any = None
    """(n, n) float32 CSR of how alike items are by who responded to both; None in a catalogue that has none."""

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, items: Sequence[str]) -> Rows:
        """(n,) rows of `items`, -1 for those not in the catalogue."""
        get = self.row_of.get
        return np.fromiter((get(item, -1) for item in items), dtype=np.int64, count=len(items))

    def near(self, history: Sequence[str], rows: Rows) -> Floats:
        """(n,) content affinity of the items at `rows` to a `history` of ids; NaN where it is unknown."""
        if not self.contents.size:
            return np.full(len(rows), np.nan, np.float32)
        past = self.rows(history[-HISTORY:])
        taste = tastes(self.contents, past, np.array([len(past)]))
        return affinity(taste, np.zeros(len(rows), np.int64), self.contents, rows)

    def akin(self, history: Sequence[str], rows: Rows) -> Floats:
        """(n,) neighbour affinity of the items at `rows` to a `history` of ids; NaN where it is unknown."""
        past = self.rows(history[-HISTORY:])
        if self.similar is None or not len(past):
            return np.full(len(rows), np.nan, np.float32)
        return nearness(self.similar, past, np.array([len(past)]), np.zeros(len(rows), np.int64), rows)

    def bearing(self, label: str, rows: Rows) -> npt.NDArray[np.bool_]:
        """(n,) whether each of `rows` bears `label`, such as `topic:music` or `tag:sponsored`."""
        kind, _, name = label.partition(":")
        if kind == "tag":
            return self.tags.bearing(name, rows)
        if kind == "item":
            return np.asarray(rows == self.row_of.get(name, -2))
        column = self.topics if kind == "topic" else self.creators
        return np.asarray(column.codes[rows] == column.names.get(name, -2))

    @functools.cached_property
    def newest(self) -> Rows:
        """Every row, the last created first."""
        return np.lexsort((np.arange(len(self)), -self.created))

    @functools.cached_property
    def creator_since(self) -> Rows:
        """(n,) UTC microseconds of the first item known of each row's creator; 0 where either is unknown."""
        known = (self.creators.codes >= 0) & (self.created > 0)
        first = np.full(len(self.creators.names) + 1, np.iinfo(np.int64).max)
        np.minimum.at(first, self.creators.codes[known], self.created[known])
        first[first == np.iinfo(np.int64).max] = 0
        first[-1] = 0
        return first[self.creators.codes]

    @classmethod
    def read(cls, path: Path, more: Iterable[str]) -> Catalogue:
        """The parquet file at `path`, and below it every item of `more` that it lacks: a model may know an item
        whose dimension row never arrived, and it must not be lost for that."""
        table = pq.read_table(path)
        ids = table["item_id"].to_pylist()
        extra = sorted(set(more) - set(ids))
        blank: list[None] = [None] * len(extra)
        row_of = {item: row for row, item in enumerate([*ids, *extra])}
        return cls(
            ids=np.array([*ids, *extra], dtype=object),
            creators=Column.of([*table["creator_id"].to_pylist(), *blank]),
            topics=Column.of([*table["topic"].to_pylist(), *blank]),
            titles=Column.of([*table["title"].to_pylist(), *blank]).values,
            created=np.concatenate([_microseconds(table["created_at"]), np.zeros(len(extra), dtype=np.int64)]),
            durations=np.concatenate([_seconds(table["duration_s"]), np.full(len(extra), np.nan, np.float32)]),
            row_of=row_of,
            tags=Tags.of(table["tags"]) if "tags" in table.column_names else Tags.NONE,
            contents=unit(contents([*_lists(table, "content"), *blank])),
            similar=_similar(path.with_name(NEIGHBOURS_FILE), len(ids) + len(extra)),
        )


def _similar(path: Path, items: int) -> Any:
    if not path.exists():
        return None
    found: Any = sp.load_npz(path)
    found.resize((items, items))
    return found


def _lists(table: pa.Table, name: str) -> list[list[float] | None]:
    return table[name].to_pylist() if name in table.column_names else [None] * len(table)


def _seconds(lengths: pa.ChunkedArray) -> Floats:
    return np.asarray(lengths.cast(pa.float32()).to_numpy(), dtype=np.float32)


def _microseconds(times: pa.ChunkedArray) -> Rows:
    whole = pc.fill_null(times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()), 0)
    return np.asarray(whole.to_numpy(), dtype=np.int64)
