"""Import a public data set: its rows into landing, and a report that adds up."""

from __future__ import annotations

import difflib
import shutil
from datetime import date
from pathlib import Path

from schemas.errors import UserError
from surfaces.surface import Surface
from worlds.adapters.dataset import SWITCHES_OFF, Dataset
from worlds.adapters.ebnerd import EBNERD
from worlds.adapters.kuairand import KUAIRAND
from worlds.adapters.mind import MIND
from worlds.adapters.movielens import MOVIELENS
from worlds.adapters.open_bandit import OPEN_BANDIT
from worlds.adapters.report import ImportReport
from worlds.adapters.writer import Writer

DATASETS: dict[str, Dataset] = {set_.name: set_ for set_ in (MIND, KUAIRAND, EBNERD, OPEN_BANDIT, MOVIELENS)}
"""Every data set that can be imported, by name; each has a surface of its own name."""


def dataset(name: str) -> Dataset:
    """The data set called `name`; raises UserError, with the nearest name, if there is none."""
    if name in DATASETS:
        return DATASETS[name]
    near = difflib.get_close_matches(name.lower().replace("-", "_"), DATASETS, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UserError(f"there is no adapter for data set {name!r}.{hint}", fix=f"data sets are: {', '.join(DATASETS)}")


def import_logs(
    source: Dataset,
    path: Path,
    landing: Path,
    surface: Surface,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
) -> ImportReport:
    """Write the logs of `path` from `first_day` to `last_day` (both included, None: no limit) below `landing`.

    Days that are there already are replaced; other days stay. Raises UserError if files or rows are missing.
    """
    if not path.is_dir():
        raise UserError(f"{path} is not a folder", fix=f"give a folder laid out as: {source.layout}")
    if first_day and last_day and first_day > last_day:
        raise UserError(f"the first day, {first_day}, is after the last, {last_day}", fix="swap them")
    writer = Writer(landing, first_day, last_day)
    try:
        source.read(path, writer)
        report = _report(source, writer, surface)
        report.check()
        writer.finish()
    finally:
        shutil.rmtree(writer.staging, ignore_errors=True)
    return report


def _report(source: Dataset, writer: Writer, surface: Surface) -> ImportReport:
    writer.imported()
    lacking = {*source.lacks, *writer.lacks}
    notes = list(writer.notes)
    undeclared, carried = sorted(lacking - surface.lacks), sorted(surface.lacks - lacking)
    file = f"surfaces/{surface.surface}.yaml"
    if undeclared:
        notes.append(f"{file} does not declare that these logs lack {', '.join(undeclared)}: add it under `lacks`")
    if carried:
        notes.append(f"these logs carry {', '.join(carried)}: take it out of `lacks` in {file} to use it")
    return ImportReport(
        surface=surface.surface,
        rows=dict(sorted(writer.rows.items())),
        tallies=list(writer.tallies.values()),
        lacks={thing: SWITCHES_OFF[thing] for thing in sorted(lacking)},
        left=source.left,
        notes=notes,
    )
