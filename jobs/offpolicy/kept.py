"""The table of forecasts and of what came of them: a line each, so that a night replaces only what it wrote itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Literal

import pyarrow as pa

from evaluation.ope.agreement import HitRate, Pair, Span, hit_rate
from jobs.offpolicy.forecast import Forecast, Worth
from lake.tables import Lake
from schemas.tables import FORECAST

Kind = Literal["forecast", "fact"]


@dataclass(frozen=True, kw_only=True)
class Line(Worth):
    """A row of `ops.forecast`: see there."""

    kind: Kind
    first_day: date
    last_day: date
    measured_on: date
    known_at: date

    @property
    def about(self) -> tuple[str, date, date]:
        """What a forecast and its fact have in common."""
        return self.target, self.first_day, self.last_day

    @property
    def span(self) -> Span | None:
        """The difference with its interval; None where it was refused."""
        if self.difference is None or self.difference_low is None or self.difference_high is None:
            return None
        return Span(self.difference, self.difference_low, self.difference_high)


@dataclass(frozen=True)
class Told:
    """A forecast and the first fact that is known of it."""

    forecast: Line
    fact: Line | None

    @property
    def pair(self) -> Pair | None:
        """Both differences; None where the forecast was refused or nothing was measured yet."""
        told, found = self.forecast.span, self.fact.span if self.fact else None
        return Pair(self.forecast.target, told, found) if told and found else None


def line_of(found: Forecast, known_at: date) -> Line:
    """A forecast as the table has it."""
    first, last = date.fromisoformat(found.days[0]), date.fromisoformat(found.days[-1])
    worth = {of.name: getattr(found, of.name) for of in fields(Worth)}
    return Line(kind="forecast", first_day=first, last_day=last, measured_on=last, known_at=known_at, **worth)


def keep(lake: Lake, line: Line) -> None:
    """Write `line` in the place of the one of the same kind, target and days (and day of measurement), if there is."""
    rows = pa.Table.from_pylist([asdict(line)], FORECAST.arrow())
    target = line.target.replace("'", "''")
    days = " AND ".join(f"{name} = DATE '{getattr(line, name)}'" for name in ("first_day", "last_day", "measured_on"))
    lake.write_arrow(rows, FORECAST, f"kind = '{line.kind}' AND target = '{target}' AND {days}")


def told(lake: Lake, until: date | None = None) -> list[Told]:
    """Every forecast, oldest first, with the first fact measured of it; as known at the end of `until`, or by now."""
    lines = [line for line in _lines(lake) if until is None or line.known_at <= until]
    facts: dict[tuple[str, date, date], Line] = {}
    for line in sorted((line for line in lines if line.kind == "fact"), key=lambda line: str(line.measured_on)):
        facts.setdefault(line.about, line)
    forecasts = sorted(
        (line for line in lines if line.kind == "forecast"), key=lambda line: (line.last_day, line.about)
    )
    return [Told(line, facts.get(line.about)) for line in forecasts]


def rate_of(found: Iterable[Told]) -> HitRate:
    """The hit rate of those that can be compared."""
    return hit_rate([one.pair for one in found if one.pair is not None])


def _lines(lake: Lake) -> list[Line]:
    if not lake.exists(FORECAST):
        return []
    rows = lake.arrow(FORECAST).to_pylist()
    lists = ("reasons", "left_out")
    return [Line(**(row | {name: tuple(row[name] or ()) for name in lists})) for row in rows]
