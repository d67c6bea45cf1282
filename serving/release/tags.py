"""The further labels of items, by catalogue row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tags:
    """The tags of n items as pairs: item `rows` (p,) bears `names[codes]` (p,). Rows from n on bear none."""

    n: int
    rows: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int64]
    names: tuple[str, ...]
    _asked: dict[str, Mask] = field(default_factory=dict, compare=False, repr=False)

    NONE: ClassVar[Tags]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Tags:
        """From a column of lists, null where an item has none."""
        lists = column.combine_chunks()
        flat = pc.list_flatten(lists)
        encoded = flat.combine_chunks() if isinstance(flat, pa.ChunkedArray) else flat
        encoded = encoded.dictionary_encode()
        return cls(
            n=len(column),
            rows=np.asarray(pc.list_parent_indices(lists), dtype=np.int64),
            codes=np.asarray(pc.fill_null(encoded.indices, -1), dtype=np.int64),
            names=tuple(encoded.dictionary.to_pylist()),
        )

    def grown(self, n: int, more: Sequence[Sequence[str]]) -> Tags:
        """These of the rows before `n`, and below them one row for each of `more`."""
        names = list(dict.fromkeys((*self.names, *(tag for tags in more for tag in tags))))
        pairs = [(n + place, names.index(tag)) for place, tags in enumerate(more) for tag in tags]
        rows, codes = (np.array([pair[part] for pair in pairs], dtype=np.int64) for part in (0, 1))
        joined = (np.concatenate([self.rows, rows]), np.concatenate([self.codes, codes]))
        return Tags(n + len(more), *joined, tuple(names))

    def of_row(self, row: int) -> list[str]:
        """The tags of one row."""
        begin, end = np.searchsorted(self.rows, (row, row + 1))
        return [self.names[code] for code in self.codes[begin:end].tolist() if code >= 0]

    def bearing(self, tag: str, rows: npt.NDArray[np.int64]) -> Mask:
        """(m,) whether each of (m,) `rows` bears `tag`."""
        return self._at(f"={tag}", [tag] if tag in self.names else [], rows)

    def prefixed(self, prefix: str, rows: npt.NDArray[np.int64]) -> Mask:
        """(m,) whether each of (m,) `rows` bears any tag that begins with `prefix`."""
        return self._at(f"^{prefix}", [name for name in self.names if name.startswith(prefix)], rows)

    def commonest(self, prefix: str) -> str:
        """What follows `prefix` in the tag so beginning that most items bear; "" if none bears one."""
        borne = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        found = [(int(-count), name) for name, count in zip(self.names, borne, strict=True) if name.startswith(prefix)]
        return min(found)[1].removeprefix(prefix) if found else ""

    def _at(self, question: str, tags: list[str], rows: npt.NDArray[np.int64]) -> Mask:
        found = self._asked.get(question)
        if found is None:
            codes = [self.names.index(tag) for tag in tags]
            found = np.zeros(self.n + 1, dtype=np.bool_)
            found[self.rows[np.isin(self.codes, codes)]] = True
            self._asked[question] = found
        return np.asarray(found[np.minimum(rows, self.n)])


Tags.NONE = Tags(0, np.empty(0, np.int64), np.empty(0, np.int64), ())
