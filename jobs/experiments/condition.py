"""A treatment as people write it: `item_click_rate_7>=0.05`, `source=als`, `relaxed=max_per_creator`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.errors import UserError

_READ = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(>=|<=|>|<|=)\s*(.+?)\s*")
RELAXED = "relaxed"
"""Names a rule of the slate that gave way for the impression."""


@dataclass(frozen=True)
class Condition:
    """`column` compared by `sign` with `value`: a number, or words where it is not one."""

    column: str
    sign: str
    value: float | str

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read `text`; raises UserError for what is none."""
        read = _READ.fullmatch(text)
        if read is None:
            raise UserError(f"--of: found {text!r}; allowed is column>=number (also >, <=, <) or column=value")
        column, sign, value = read.groups()
        try:
            return cls(column, sign, float(value))
        except ValueError:
            if sign != "=":
                raise UserError(f"--of: found {text!r}; {sign} compares with a number") from None
            return cls(column, sign, value)

    def sql(self) -> str:
        """As a DuckDB predicate over the column; null where the column is."""
        if self.column == RELAXED:
            return f"list_contains({RELAXED}, {_quoted(str(self.value))})"
        if isinstance(self.value, float):
            return f'"{self.column}" {self.sign} {self.value!r}'
        return f'"{self.column}"::VARCHAR = {_quoted(self.value)}'

    def __str__(self) -> str:
        value = f"{self.value:g}" if isinstance(self.value, float) else self.value
        return f"{self.column}{self.sign}{value}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
