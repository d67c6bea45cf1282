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
from models.interface import Strings
from models.steps import steps
from models.vocabulary import numbered, rows_in, strings, texts
from serving.release.tags import Tags

NEIGHBOURS_FILE = "neighbours.npz"
"""Beside the catalogue's own file; its rows and columns are those of the catalogue."""

TEXT = pa.string()
EMBEDDING = pa.list_(pa.float32())
"""Types of columns as the catalogue reads them."""

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
    def of(cls, column: pa.Array | pa.ChunkedArray) -> Column:
        """Of (n,) strings, null or empty where unknown; codes are given in the order in which values first come."""
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        encoded = pc.if_else(pc.equal(whole, ""), None, whole).dictionary_encode()
        names = texts(encoded.dictionary)
        codes = np.asarray(pc.fill_null(encoded.indices, -1), dtype=np.int64)
        values, named = np.empty(len(codes), dtype=object), np.append(names, "")
        for part in steps(len(codes)):
            values[part] = named[codes[part]]
        return cls(values, codes, numbered(names))

    @property
    def distinct(self) -> Strings:
        """(k + 1,) each value once, and `""` last: `distinct[codes]` are the values."""
        return strings([*self.names, ""])


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

    def rows(self, items: Strings | Sequence[str]) -> Rows:
        """(n,) rows of `items`, -1 for those not in the catalogue."""
        return rows_in(self.row_of, items)

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
        ids = texts(table["item_id"])
        known = numbered(ids)
        extra = strings(sorted({item for item in more if item not in known}))
        known.update((item, row) for row, item in enumerate(extra.tolist(), len(ids)))
        return cls(
            ids=np.concatenate([ids, extra]),
            creators=Column.of(_with_blanks(table["creator_id"], len(extra))),
            topics=Column.of(_with_blanks(table["topic"], len(extra))),
            titles=texts(_with_blanks(table["title"], len(extra))),
            created=np.concatenate([_microseconds(table["created_at"]), np.zeros(len(extra), dtype=np.int64)]),
            durations=np.concatenate([_seconds(table["duration_s"]), np.full(len(extra), np.nan, np.float32)]),
            row_of=known,
            tags=Tags.of(table["tags"]) if "tags" in table.column_names else Tags.NONE,
            contents=unit(contents(_with_blanks(_content(table), len(extra), EMBEDDING))),
            similar=_similar(path.with_name(NEIGHBOURS_FILE), len(ids) + len(extra)),
        )


def _similar(path: Path, items: int) -> Any:
    if not path.exists():
        return None
    found: Any = sp.load_npz(path)
    found.resize((items, items))
    return found


def _with_blanks(column: pa.ChunkedArray, n: int, kind: pa.DataType = TEXT) -> pa.ChunkedArray:
    """`column` as `kind`, with `n` nulls below it."""
    return pa.chunked_array([*column.cast(kind).chunks, pa.nulls(n, kind)], kind)


def _content(table: pa.Table) -> pa.ChunkedArray:
    return table["content"] if "content" in table.column_names else pa.chunked_array([pa.nulls(len(table))])


def _seconds(lengths: pa.ChunkedArray) -> Floats:
    return np.asarray(lengths.cast(pa.float32()).to_numpy(), dtype=np.float32)


def _microseconds(times: pa.ChunkedArray) -> Rows:
    whole = pc.fill_null(times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()), 0)
    return np.asarray(whole.to_numpy(), dtype=np.int64)
