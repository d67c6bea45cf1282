"""An experiment in a plain table: a CSV or Parquet file with a user, an arm and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.experiments.units import Doubles, Panel, Units
from jobs.experiments.cells import days, numbers, yes_or_no
from schemas.errors import UserError

BEFORE = "_before"
"""Ending of the column that holds the same metric before the experiment."""


@dataclass(frozen=True)
class Columns:
    """Where in the table things stand; `day`, `cluster` and `trigger` where it has them."""

    user: str = "user"
    arm: str = "arm"
    day: str | None = None
    cluster: str | None = None
    trigger: str | None = None

    @property
    def named(self) -> list[str]:
        """All that are looked for."""
        return [self.user, self.arm, *(name for name in (self.day, self.cluster, self.trigger) if name)]


@dataclass(frozen=True)
class Tabled:
    """`data`: a panel where days are known, else units. `notes`: what was left out, counted."""

    data: Panel | Units
    notes: tuple[str, ...]


def read_table(path: Path, columns: Columns, metrics: Sequence[str]) -> Tabled:
    """The experiment in the file at `path`: rows of one user (and day) are added up.

    Raises UserError for a file that cannot be read, columns it lacks, and cells that are not what they should be.
    """
    rows, notes = _read(path), list[str]()
    for name in (*columns.named, *metrics):
        if name not in rows.columns:
            raise UserError(f"{path.name}: there is no column {name!r}", fix=f"columns are: {', '.join(rows.columns)}")
    try:
        rows = _checked(_placed(rows, columns, notes), columns, metrics)
    except UserError as error:
        raise UserError(f"{path.name}: {error.headline}", fix=error.fix) from None
    people = _people(rows, columns, [name for name in metrics if name + BEFORE in rows.columns])
    make = _panel if columns.day else _units
    return Tabled(make(rows, people, columns, metrics), tuple(notes))


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise UserError(f"there is no file {path}")
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read as a table: {error}", fix="allowed are .csv and .parquet") from None


def _placed(rows: pd.DataFrame, columns: Columns, notes: list[str]) -> pd.DataFrame:
    """Rows whose user is in exactly one arm, and in exactly one cluster where there are clusters."""
    needed = [columns.user, columns.arm, *([columns.cluster] if columns.cluster else [])]
    nowhere = rows[needed].isna().any(axis=1)
    if nowhere.any():
        words = " or no ".join(("user", "arm", "cluster")[: len(needed)])
        notes.append(f"{int(nowhere.sum()):,} of {len(rows):,} rows have no {words}: left out")
    rows = rows.loc[~nowhere].copy()
    if rows.empty:
        raise UserError(f"no row has a value in {' and '.join(needed)}")
    rows[columns.arm] = rows[columns.arm].astype(str)
    for name, words in zip(needed[1:], ("arms", "clusters"), strict=False):
        places = rows.groupby(columns.user)[name].nunique()
        crossed = places.index[places > 1]
        if len(crossed):
            notes.append(f"{len(crossed):,} of {len(places):,} users are in several {words}: left out")
        rows = rows.loc[~rows[columns.user].isin(crossed)].copy()
    if rows.empty:
        raise UserError(f"every user is in several values of {columns.arm} or {columns.cluster}")
    return rows


def _checked(rows: pd.DataFrame, columns: Columns, metrics: Sequence[str]) -> pd.DataFrame:
    for name in metrics:
        rows[name] = numbers(rows[name])
        if name + BEFORE in rows.columns:
            rows[name + BEFORE] = numbers(rows[name + BEFORE], unknown=True)
    if columns.trigger:
        rows[columns.trigger] = yes_or_no(rows[columns.trigger])
    if columns.day:
        rows[columns.day] = days(rows[columns.day])
    return rows


def _people(rows: pd.DataFrame, columns: Columns, past: Sequence[str]) -> pd.DataFrame:
    """One row a user, in the order of users: its arm, cluster, trigger, first day, and what it did before."""
    kept: dict[str, tuple[str, str]] = {"arm": (columns.arm, "first")}
    if columns.cluster:
        kept["cluster"] = (columns.cluster, "first")
    if columns.trigger:
        kept["trigger"] = (columns.trigger, "max")
    if columns.day:
        kept["entered"] = (columns.day, "min")
    kept |= {name + BEFORE: (name + BEFORE, "first") for name in past}
    return pd.DataFrame(rows.groupby(columns.user).agg(**kept))


def _units(rows: pd.DataFrame, people: pd.DataFrame, columns: Columns, metrics: Sequence[str]) -> Units:
    sums = rows.groupby(columns.user)[list(metrics)].sum()
    return _described(people, {name: sums[name].to_numpy(np.float64) for name in metrics}, metrics)


def _panel(rows: pd.DataFrame, people: pd.DataFrame, columns: Columns, metrics: Sequence[str]) -> Panel:
    number = pd.Series(np.arange(len(people)), index=people.index)
    unit = number.loc[rows[columns.user]].to_numpy(np.int64)
    sums = {name: rows[name].to_numpy(np.float64) for name in metrics}
    day = rows[columns.day or ""].to_numpy(np.int64)
    return Panel(_described(people, {}, metrics), unit, day, sums, people["entered"].to_numpy(np.int64))


def _described(people: pd.DataFrame, sums: dict[str, Doubles], metrics: Sequence[str]) -> Units:
    arms = tuple(sorted(people["arm"].unique()))
    codes = people["arm"].map({arm: number for number, arm in enumerate(arms)}).to_numpy(np.int64)
    before = {name: people[name + BEFORE].to_numpy(np.float64) for name in metrics if name + BEFORE in people}
    cluster = pd.factorize(people["cluster"])[0].astype(np.int64) if "cluster" in people else None
    triggered = people["trigger"].to_numpy(bool) if "trigger" in people else None
    return Units(arms, codes, sums, before, cluster, triggered)
