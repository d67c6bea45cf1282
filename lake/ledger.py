"""The ledger: per job, day and input, rows in = rows out + rows set aside by reason. It always adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.dataset as ds

from lake.tables import Lake, among
from schemas.errors import InfrastructureError
from schemas.tables import LEDGER


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: of `rows_in` rows of `input`, `rows_out` went on and the rest was set aside."""

    day: date
    input: str
    rows_in: int
    rows_out: int
    set_aside: Mapping[str, int] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """Rows that are accounted for nowhere; 0 when the entry adds up, negative when rows appeared."""
        return self.rows_in - self.rows_out - sum(self.set_aside.values())

    def __str__(self) -> str:
        aside = "".join(f" + {count:,} {reason}" for reason, count in sorted(self.set_aside.items()) if count)
        return f"{self.day} {self.input}: {self.rows_in:,} in = {self.rows_out:,} out{aside}"


def record(lake: Lake, job: str, entries: Iterable[Entry]) -> list[Entry]:
    """Write `job`'s entries (replacing that job's lines of the same days and inputs) and check that each adds up.

    Raises InfrastructureError, after writing them, if one does not: it names the job, day, input and missing count.
    """
    listed = list(entries)
    if not listed:
        return listed
    rows = [
        {"job": job, "day": entry.day, "input": entry.input, "flow": flow, "rows": count}
        for entry in listed
        for flow, count in [("in", entry.rows_in), ("out", entry.rows_out), *sorted(entry.set_aside.items())]
        if count or flow in ("in", "out")
    ]
    lake.write_arrow(pa.Table.from_pylist(rows, LEDGER.arrow()), LEDGER, _lines_of(job, listed))
    wrong = [entry for entry in listed if entry.missing]
    if wrong:
        words = "; ".join(f"{entry} ({entry.missing:+,} unaccounted for)" for entry in wrong)
        raise InfrastructureError(
            f"the ledger of {job} does not add up: {words}", fix="rerun the step; it restates the day"
        )
    return listed


def days(lake: Lake, job: str) -> set[date]:
    """Days of which the ledger holds lines of `job`."""
    if not lake.exists(LEDGER):
        return set()
    return set(lake.arrow(LEDGER, columns=["day"], where=ds.field("job") == job)["day"].to_pylist())


def rows_in(lake: Lake, job: str, name: str) -> dict[date, int]:
    """Per day of which the ledger of `job` holds lines for input `name`: the rows that went in."""
    if not lake.exists(LEDGER):
        return {}
    mine = (ds.field("job") == job) & (ds.field("input") == name) & (ds.field("flow") == "in")
    lines = lake.arrow(LEDGER, columns=["day", "rows"], where=mine)
    return dict(zip(lines["day"].to_pylist(), lines["rows"].to_pylist(), strict=True))


def read(lake: Lake, day: date) -> dict[str, list[Entry]]:
    """The entries of `day`, by job in the order of the table; empty if there are none."""
    if not lake.exists(LEDGER):
        return {}
    gathered: dict[tuple[str, str], dict[str, int]] = {}
    for row in lake.arrow(LEDGER).to_pylist():
        if row["day"] == day:
            gathered.setdefault((row["job"], row["input"]), {})[row["flow"]] = row["rows"]
    jobs: dict[str, list[Entry]] = {}
    for (job, name), flows in sorted(gathered.items()):
        aside = {flow: count for flow, count in flows.items() if flow not in ("in", "out")}
        jobs.setdefault(job, []).append(Entry(day, name, flows.get("in", 0), flows.get("out", 0), aside))
    return jobs


def _lines_of(job: str, entries: Iterable[Entry]) -> str:
    days: dict[str, set[date]] = {}
    for entry in entries:
        days.setdefault(entry.input, set()).add(entry.day)
    inputs = (f"(input = '{name}' AND {among('day', sorted(of_input))})" for name, of_input in sorted(days.items()))
    return f"job = '{job}' AND ({' OR '.join(inputs)})"
