"""What an impression was worth: the surface's value of its outcomes, as far as they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from features.tables import labelled
from jobs.night import Night
from lake.known import valid_sql
from lake.tables import among
from schemas.errors import UserError

MATURE = 0.5
"""Share of the impressions whose label must be known for an outcome to count towards the value."""


@dataclass(frozen=True)
class Worth:
    """`weights` of the outcomes that count. `left_out`: those of the surface's value that are hardly known yet."""

    weights: Mapping[str, float]
    left_out: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return list(self.weights)

    def of(self, row: Mapping[str, Sequence[Any]]) -> list[float | None]:
        """The value at every slot of a slate whose labels `row` lists by outcome; None where one is not known."""
        columns = [[None if v is None else weight * v for v in row[name]] for name, weight in self.weights.items()]
        return [None if None in parts else float(sum(parts)) for parts in zip(*columns, strict=True)]


def worth_of(night: Night, days: Sequence[date]) -> Worth:
    """The outcomes that make up the value on `days`, as known at the night.

    They are the surface's `value`; of a surface without a ranker its `training.positives`. Raises UserError if none is
    known yet.
    """
    wanted = night.surface.value or night.surface.training.positives
    # A label that became known after the last join is not in the table yet, whatever its day says.
    held = {name: f'"{name}" IS NOT NULL AND "{name}_known" <= DATE \'{night.day}\'' for name in wanted}
    known = ", ".join(f'avg(({test})::INT) AS "{name}"' for name, test in held.items())
    where = f"{among('event_day', days)} AND {valid_sql(night.day)}"
    (shares,) = night.lake.query(labelled(night.surface), f"SELECT {known} FROM rows WHERE {where}").to_pylist()
    kept = {name: weight for name, weight in wanted.items() if (shares[name] or 0.0) >= MATURE}
    if not kept:
        raise UserError(
            f"none of the outcomes {', '.join(wanted)} of {days[0]} to {days[-1]} is known by the end of {night.day}",
            fix="take earlier days, or ask as known at a later one",
        )
    return Worth(kept, tuple(name for name in wanted if name not in kept))
