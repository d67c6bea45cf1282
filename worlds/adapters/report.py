"""What an import read, wrote and set aside; every count adds up, and every row set aside has a file and a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from schemas.errors import InfrastructureError

EXAMPLES = 5
"""Places that are named per reason; the counts are of all."""


@dataclass
class Tally:
    """Rows of one kind of source: `read` = `kept` + everything in `aside` by reason."""

    what: str
    read: int = 0
    kept: int = 0
    aside: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)
    """Per reason, the first few `file:line`."""

    def set_aside(self, reason: str, file: str, lines: list[int]) -> None:
        """Count rows that are not kept, and where they are."""
        if lines:
            self.aside[reason] += len(lines)
            named = self.places.setdefault(reason, [])
            named += [f"{file}:{line}" for line in lines[: EXAMPLES - len(named)]]

    @property
    def missing(self) -> int:
        """Rows accounted for nowhere; 0 when the tally adds up."""
        return self.read - self.kept - self.aside.total()

    def __str__(self) -> str:
        aside = "".join(f" + {count:,} {reason}" for reason, count in sorted(self.aside.items()))
        return f"{self.what}: {self.read:,} read = {self.kept:,} kept{aside}"


@dataclass
class ImportReport:
    """The whole of an import: rows per layer and day, tallies of the sources, what the set lacks and what was left."""

    surface: str
    rows: dict[date, Counter[str]] = field(default_factory=dict)
    tallies: list[Tally] = field(default_factory=list)
    lacks: dict[str, str] = field(default_factory=dict)
    """What the logs do not carry, and what that switches off."""
    left: tuple[str, ...] = ()
    """What the set has and the contracts have no field for."""
    notes: list[str] = field(default_factory=list)

    def total(self, layer: str) -> int:
        """Rows written to `layer`, over all days."""
        return sum(counts[layer] for counts in self.rows.values())

    def check(self) -> None:
        """Raise InfrastructureError, naming the tally and the missing count, if one does not add up."""
        for tally in self.tallies:
            if tally.missing:
                raise InfrastructureError(f"import does not add up: {tally}; {tally.missing:,} rows are missing")
