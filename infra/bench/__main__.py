"""`make bench`, or `python -m infra.bench --rows 100000`: prints the comparison, or fails where results differ."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.bench import by_hand, ope, ours, serving, worlds
from infra.bench.calibrate import Ceilings, calibrate
from infra.bench.compare import require_equal
from infra.bench.generate import DAY, generate
from infra.bench.limits import limits
from infra.bench.measure import middle
from infra.bench.report import Result, machine, table
from jobs.night import Night
from lake.home import Home
from schemas.errors import FeedmillError, UserError
from surfaces.load import load

SURFACE = "shorts"
SIZES = (1_000_000, 5_000_000)
FEWEST = 1000
PARTS = ("jobs", "worlds", "serving", "ope")
WIDTH = 170

console = Console(highlight=False, emoji=False, soft_wrap=True)


def main(
    rows: Annotated[list[int] | None, typer.Option(help="impressions (`ope`: slates); repeatable")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="warm runs, and runs of DuckDB; medians are shown")] = 2,
    only: Annotated[str | None, typer.Option(help="`jobs`, `worlds`, `serving` or `ope`; all unless given")] = None,
) -> None:
    """Feedmill's ingest, join and features beside DuckDB written by hand, on the same files with equal results; how
    fast the default world writes logs; how fast a server answers from a release of a million items; how fast an
    off-policy interval is found beside resampling loops.
    """
    if only not in (None, *PARTS):
        raise UserError(f"--only: found {only!r}; allowed are {', '.join(PARTS)}")
    wide = Console(highlight=False, width=max(WIDTH, console.width))
    if only in (None, "jobs"):
        wide.print(table(_jobs(rows, repeats)))
    if only in (None, "serving"):
        serving.main()
    if only in (None, "ope"):
        for found in ope.main(rows):
            wide.print(found)
    if only in (None, "worlds"):
        with _scratch() as root:
            wide.print(worlds.table([worlds.bench(root / f"{size}", size) for size in rows or worlds.SIZES]))


def _jobs(rows: list[int] | None, repeats: int) -> list[Result]:
    sizes = rows or list(SIZES)
    if min(sizes) < FEWEST:
        raise UserError(f"--rows: found {min(sizes)}; allowed is {FEWEST:,} or more")
    with _scratch() as root:
        ceilings = calibrate(root)
        console.print(machine(ceilings))
        return [_bench(root / f"{size}", size, repeats, ceilings) for size in sizes]


def _bench(root: Path, rows: int, repeats: int, ceilings: Ceilings) -> Result:
    night = Night(load(SURFACE), DAY, Home(root))
    landed = generate(night.landing, rows)
    console.print(f"[bold]{rows:,} impressions[/]: " + ", ".join(f"{n:,} {layer}" for layer, n in landed.rows.items()))
    found = ours.bench(night, repeats)
    console.print(f"  Feedmill: server up in {found.start.seconds:.1f} s, 1 cold and {repeats} warm runs done")
    folder = root / "by_hand"
    hand = middle([by_hand.run_apart(SURFACE, night.landing, folder) for _ in range(repeats)])
    compared = require_equal(night, folder)
    console.print(f"  equal: {sum(compared.values()):,} rows in {len(compared)} tables")
    least = limits(night.landing, folder, ceilings)
    shutil.rmtree(root)
    return Result(rows, found, hand, least)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder below the home that is gone afterwards, whatever happened."""
    home = Home.default().root
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(main)
    try:
        app()
    except FeedmillError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"{type(error).__name__}: {error}", markup=False)
        sys.exit(error.exit_code)
