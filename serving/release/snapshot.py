"""The batch features and user state that a release brings: parquet files as arrays with a row per key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.entities import SEPARATOR
from models.steps import steps
from models.vocabulary import numbered, strings, texts
from serving.release.catalogue import Rows

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """Batch features of one entity: `values` (keys + 1, F), one row a key and a last row of NaN for the unknown.

    Row by row, since a request reads all features of a thousand keys: each is a cache miss or two instead of F.
    """

    row_of: dict[str, int]
    names: tuple[str, ...]
    values: Floats

    @classmethod
    def read(cls, path: Path, names: Sequence[str]) -> Table:
        """Columns `names` of the parquet file at `path`, by its column `key`."""
        table = pq.read_table(path, columns=["key", *names])
        values = np.full((len(table) + 1, len(names)), np.nan, dtype=np.float32)
        for place, name in enumerate(names):
            values[:-1, place] = table[name].cast(pa.float32()).to_numpy(zero_copy_only=False)
        return cls(numbered(texts(table["key"])), tuple(names), values)

    def row(self, key: str) -> int:
        """The row of `key`, -1 (the row of NaN) if nothing is known of it."""
        return self.row_of.get(key, -1)

    def column(self, name: str) -> Floats:
        """(keys + 1,) the feature `name` of every row; raises KeyError for one that the table lacks."""
        if name not in self.names:
            raise KeyError(name)
        return self.values[:, self.names.index(name)]


@dataclass(frozen=True)
class Crossed:
    """Rows of a table whose key is a user and something of an item (a topic, a creator), found user by user.

    `spans`: first and past-last place of each user; within it `codes`, the item-side codes, ascend. `rows`: the
    table's row at each place.
    """

    table: Table
    spans: dict[str, tuple[int, int]]
    codes: Rows
    rows: Rows

    @classmethod
    def of(cls, table: Table, names: dict[str, int]) -> Crossed:
        """Index `table` by the codes that `names` gives to the second part of its keys."""
        keys, users = strings(table.row_of), dict[str, int]()
        owners, codes = (np.full(len(keys), -1, dtype=np.int64) for _ in range(2))
        for part in steps(len(keys)):
            for row, key in enumerate(keys[part].tolist(), part.start):
                user, _, other = key.partition(SEPARATOR)
                owners[row], codes[row] = users.setdefault(user, len(users)), names.get(other, -1)
        rows = np.flatnonzero(codes >= 0)
        rows = rows[np.lexsort((codes[rows], owners[rows]))]
        counts = np.bincount(owners[rows], minlength=len(users))
        ends = np.cumsum(counts)
        spans = dict(zip(users, zip((ends - counts).tolist(), ends.tolist(), strict=True), strict=True))
        return cls(table, spans, codes[rows], rows)

    def find(self, user: str | None, wanted: Rows) -> Rows:
        """(n,) rows of the table for `user` and each of the (n,) codes `wanted`, -1 where there is none."""
        begin, end = self.spans.get(user or "", (0, 0))
        if begin == end:
            return np.full(len(wanted), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self.codes[begin:end], wanted), end - begin - 1) + begin
        return np.where(self.codes[places] == wanted, self.rows[places], -1)


@dataclass(frozen=True)
class Lists:
    """A list of items per user (or per country)."""

    row_of: dict[str, int]
    items: pa.ListArray

    NONE: ClassVar[Lists]

    @classmethod
    def read(cls, path: Path, key: str) -> Lists:
        """Column `items` of the parquet file at `path` by its column `key`."""
        table = pq.read_table(path, columns=[key, "items"]).combine_chunks()
        column = table["items"]
        empty = pa.array([], type=column.type)
        return cls(numbered(texts(table[key])), column.chunk(0) if column.num_chunks else empty)

    @classmethod
    def read_if_there(cls, path: Path, key: str) -> Lists:
        """`read`, or no lists where the release was made before it had them."""
        return cls.read(path, key) if path.exists() else cls.NONE

    def get(self, user: str | None) -> list[str]:
        """The items of `user`, none if nothing is known of them."""
        row = self.row_of.get(user or "")
        if row is None:
            return []
        items: list[str] | None = self.items[row].as_py()
        return items or []


Lists.NONE = Lists({}, pa.array([], pa.list_(pa.string())))
