"""An experiment in a plain table: a CSV or Parquet file with a user, an arm and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.experiments.units import Doubles, Panel, Units
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


@dataclass(frozen=True)
class Tabled:
    """`data`: a panel where days are known, else units. `notes`: what was left out, counted."""

    data: Panel | Units
    notes: tuple[str, ...]


def read_table(path: Path, columns: Columns, metrics: Sequence[str]) -> Tabled:
    """The experiment in the file at `path`: rows of one user (and day) are added up.

    Raises UserError for a file that cannot be read, columns it lacks, and metrics that are no numbers.
    """
    rows = _read(path)
    named = [columns.user, columns.arm, *(c for c in (columns.day, columns.cluster, columns.trigger) if c)]
    for name in (*named, *metrics):
        if name not in rows.columns:
            raise UserError(f"{path.name}: there is no column {name!r}", fix=f"columns are: {', '.join(rows.columns)}")
    notes: list[str] = []
    rows = _placed(rows, columns, notes)
    past = [name for name in metrics if name + BEFORE in rows.columns]
    for name in metrics:
        _require_numbers(path, rows, name)
    for name in past:
        rows[name + BEFORE] = pd.to_numeric(rows[name + BEFORE], errors="coerce")
    people = _people(rows, columns, past)
    return Tabled(
        _panel(rows, people, columns, metrics) if columns.day else _units(rows, people, columns, metrics), tuple(notes)
    )


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise UserError(f"there is no file {path}")
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read as a table: {error}", fix="allowed are .csv and .parquet") from None


def _placed(rows: pd.DataFrame, columns: Columns, notes: list[str]) -> pd.DataFrame:
    """Rows whose user is in exactly one arm."""
    nowhere = rows[columns.user].isna() | rows[columns.arm].isna()
    if nowhere.any():
        notes.append(f"{int(nowhere.sum()):,} of {len(rows):,} rows have no user or no arm: left out")
    rows = rows.loc[~nowhere].copy()
    if rows.empty:
        raise UserError("no row has a user and an arm")
    rows[columns.arm] = rows[columns.arm].astype(str)
    arms = rows.groupby(columns.user)[columns.arm].nunique()
    crossed = arms.index[arms > 1]
    if len(crossed):
        notes.append(f"{len(crossed):,} of {len(arms):,} users are in several arms: left out")
    return rows.loc[~rows[columns.user].isin(crossed)].copy()


def _require_numbers(path: Path, rows: pd.DataFrame, name: str) -> None:
    numbers = pd.to_numeric(rows[name], errors="coerce").astype(np.float64)
    bad = ~np.isfinite(numbers.to_numpy())
    if bad.any():
        found = rows[name].to_numpy()[bad][0]
        raise UserError(
            f"{path.name}: {name}: {int(bad.sum()):,} of {len(rows):,} rows hold no number; the first is {found!r}",
            fix="write 0 where nothing happened, or leave the row out",
        )
    rows[name] = numbers


def _people(rows: pd.DataFrame, columns: Columns, past: Sequence[str]) -> pd.DataFrame:
    """One row a user, in the order of users: its arm, cluster, trigger, first day, and what it did before."""
    kept: dict[str, tuple[str, str]] = {"arm": (columns.arm, "first")}
    if columns.cluster:
        kept["cluster"] = (columns.cluster, "first")
    if columns.trigger:
        kept["trigger"] = (columns.trigger, "max")
    if columns.day:
        rows[columns.day] = _days(rows[columns.day])
        kept["entered"] = (columns.day, "min")
    kept |= {name + BEFORE: (name + BEFORE, "first") for name in past}
    return pd.DataFrame(rows.groupby(columns.user).agg(**kept))


def _days(column: pd.Series) -> pd.Series:
    """Days from the first in the table, from dates or numbers."""
    if pd.api.types.is_numeric_dtype(column):
        number = column.astype(np.int64)
    else:
        dates = pd.to_datetime(column, errors="coerce")
        if dates.isna().any():
            raise UserError(f"{column.name}: {int(dates.isna().sum()):,} rows hold no date; allowed is 2026-01-09")
        number = (dates - dates.min()).dt.days
    return number - number.min()


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
    triggered = people["trigger"].astype(bool).to_numpy() if "trigger" in people else None
    return Units(arms, codes, sums, before, cluster, triggered)
