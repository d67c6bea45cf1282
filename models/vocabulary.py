"""Ids and their rows: the one place where strings become row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
import pyarrow as pa

from models.interface import Ints, Strings
from models.steps import steps


def strings(values: Iterable[str]) -> Strings:
    """The values as a 1-d object array of str, also when there are none."""
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def texts(column: pa.Array | pa.ChunkedArray) -> Strings:
    """(n,) object array of the str of a column, `""` where it is null."""
    found = np.empty(len(column), dtype=object)
    for part in steps(len(column)):
        found[part] = [text or "" for text in column.slice(part.start, part.stop - part.start).to_pylist()]
    return found


def numbered(ids: Strings) -> dict[str, int]:
    """The place of each of (n,) `ids`; the last, of one that comes twice."""
    found: dict[str, int] = {}
    for part in steps(len(ids)):
        found.update(zip(ids[part].tolist(), range(part.start, part.stop), strict=True))
    return found


def rows_in(row_of: Mapping[str, int], values: Strings | Sequence[str | None]) -> Ints:
    """(n,) int64 rows of `values` by `row_of`, -1 where it has none."""
    found = np.empty(len(values), dtype=np.int64)
    for part in steps(len(values)):
        some = values[part]
        found[part] = np.fromiter(map(row_of.get, some, repeat(-1)), dtype=np.int64, count=len(some))
    return found


@dataclass(frozen=True)
class Vocabulary:
    """`ids`: (n,) distinct ids; the row of an id is its place in it."""

    ids: Strings
    _row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", numbered(self.ids))

    @classmethod
    def of(cls, values: Iterable[str]) -> Vocabulary:
        """The distinct values, sorted."""
        return cls(strings(sorted(set(values))))

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, value: object) -> bool:
        return value in self._row

    def rows(self, values: Strings | Sequence[str | None]) -> Ints:
        """(n,) int64 rows of `values`, -1 where unknown."""
        return rows_in(self._row, values)

    def known(self, values: Strings | Sequence[str]) -> Ints:
        """Rows of those `values` that are known, in their order."""
        rows = self.rows(values)
        return rows[rows >= 0]
