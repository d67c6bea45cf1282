"""Ids and their rows: the one place where strings become row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.interface import Ints, Strings


def strings(values: Iterable[str]) -> Strings:
    """The values as a 1-d object array of str, also when there are none."""
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


@dataclass(frozen=True)
class Vocabulary:
    """`ids`: (n,) distinct ids; the row of an id is its place in it."""

    ids: Strings
    _row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {id_: row for row, id_ in enumerate(self.ids.tolist())})

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
        get = self._row.get
        return np.fromiter((get(value, -1) for value in values), dtype=np.int64, count=len(values))  # type: ignore[arg-type]

    def known(self, values: Strings | Sequence[str]) -> Ints:
        """Rows of those `values` that are known, in their order."""
        rows = self.rows(values)
        return rows[rows >= 0]
