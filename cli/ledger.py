"""feedmill ledger: where every row of a day went."""

from __future__ import annotations

from rich.table import Table

from cli.screen import DayText, SurfaceName, console, night_of
from lake.ledger import read
from schemas.errors import InfrastructureError, UserError


def ledger(surface: SurfaceName, day: DayText) -> None:
    """Print the ledger of DAY: rows in = rows out + rows set aside by reason, per job and input."""
    night = night_of(surface, day)
    jobs = read(night.lake, night.day)
    if not jobs:
        raise UserError(f"the ledger of {surface} has no line for {day}", fix=f"feedmill run {surface} {day}")
    table = Table(title=f"ledger of {surface} {day}", title_justify="left")
    table.add_column("job")
    table.add_column("input")
    for column in ("in", "out", "set aside", "unaccounted"):
        table.add_column(column, justify="right")
    table.add_column("reasons", overflow="fold")
    missing = 0
    for job, entries in jobs.items():
        for entry in entries:
            aside = sum(entry.set_aside.values())
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(entry.set_aside.items()))
            missing += abs(entry.missing)
            numbers = (entry.rows_in, entry.rows_out, aside, entry.missing)
            table.add_row(job, entry.input, *(f"{number:,}" for number in numbers), reasons)
    console.print(table)
    if missing:
        raise InfrastructureError(f"{missing:,} rows are unaccounted for", fix=f"feedmill run {surface} {day}")
    console.print("it adds up")
