"""What the logs hold of a treatment that nobody drew lots for: who got it, what came of it, and what was known before.

Rows are impressions of gold.samples, whose features are as of the day before; the treatment is a condition on one of
its columns, or a rule of the slate that gave way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from evaluation.causal import Codes, Doubles, Mask
from features.registry import batch, realtime
from features.tables import samples
from jobs.experiments.condition import RELAXED, Condition
from jobs.night import days_between
from lake.tables import Lake, among
from schemas.errors import UserError
from schemas.tables import BRONZE
from surfaces.surface import Surface

NUMBERS = ("position", "history_length")
WORDS = ("country", "device")
"""Columns beside the features that say how impressions differ, where the surface's logs have them."""
LEAST_SHARE = 0.01
"""Of rows, from which a country or device is a covariate of its own."""


@dataclass(frozen=True)
class Wanted:
    """The effect of `treatment` on `outcome` from `first` to `last`, given covariates `given` (empty: all features but
    the treated, position, history, country, device), from `most` rows at most, of users drawn by hash."""

    treatment: Condition
    outcome: str
    first: date
    last: date
    given: tuple[str, ...] = ()
    most: int = 50_000


@dataclass(frozen=True)
class Observed:
    """(r,) each. `notes`: what was left out, counted."""

    outcome: Doubles
    treated: Mask
    covariates: dict[str, Doubles]
    user: Codes
    notes: tuple[str, ...] = field(default=())


def observe(lake: Lake, surface: Surface, wanted: Wanted) -> Observed:
    """Read what is `wanted`; raises UserError for columns that are not there and days without rows."""
    features = {one.name: one.default for one in (*batch(surface), *realtime(surface))}
    treatable = [*features, *NUMBERS, *WORDS, "source", "explored", "topic", "creator_id", RELAXED]
    _require("--of", wanted.treatment.column, treatable)
    _require("--on", wanted.outcome, surface.outcomes)
    allowed = [name for name in (*features, *NUMBERS, *WORDS) if name != wanted.treatment.column]
    for name in wanted.given:
        _require("--given", name, allowed)
    columns = list(wanted.given) or allowed
    notes: list[str] = []
    kept = _rows(lake, surface, wanted, columns, notes)
    covariates = dict(_covariates(kept, columns, features))
    user = pd.factorize(kept["unit"])[0].astype(np.int64)
    outcome = kept["outcome"].to_numpy(np.float64)
    return Observed(outcome, kept["treated"].to_numpy(bool), covariates, user, tuple(notes))


def _rows(lake: Lake, surface: Surface, wanted: Wanted, columns: Sequence[str], notes: list[str]) -> pd.DataFrame:
    """unit, outcome, treated and `columns` of impressions whose treatment and label are known, of whole users."""
    relaxed = wanted.treatment.column == RELAXED
    tables = {"rows": samples(surface)} | ({"shown": BRONZE["impression"]} if relaxed else {})
    found = f"({_all(surface, wanted, columns, relaxed)})"
    counts = lake.across(tables, f"SELECT count(*) AS n, count(treated) AS t, count(outcome) AS o FROM {found}")
    _count(counts.to_pylist()[0], wanted, notes)
    known = f"FROM {found} WHERE treated IS NOT NULL AND outcome IS NOT NULL"
    usable = lake.across(tables, f"SELECT count(*) AS n, count(DISTINCT unit) AS users {known}").to_pylist()[0]
    if not usable["n"]:
        raise UserError(f"of no impression are both the treatment and the label known: {'; '.join(notes)}")
    sql = f"SELECT * {known} ORDER BY hash(unit), impression_id LIMIT {wanted.most + 1}"
    rows: pd.DataFrame = lake.across(tables, sql).to_pandas()
    if len(rows) > wanted.most:
        rows = rows.loc[rows["unit"] != rows["unit"].iloc[-1]]
        users = f"{rows['unit'].nunique():,} of {usable['users']:,} users"
        notes.append(f"{len(rows):,} of {usable['n']:,} impressions are used: those of {users}")
    return rows


def _count(found: dict[str, int], wanted: Wanted, notes: list[str]) -> None:
    if not found["n"]:
        raise UserError(f"no impression from {wanted.first} to {wanted.last}", fix="name days whose nights have run")
    for count, words in ((found["t"], f"{wanted.treatment.column} is"), (found["o"], f"label of {wanted.outcome} is")):
        if count < found["n"]:
            notes.append(f"{found['n'] - count:,} of {found['n']:,} impressions left out: their {words} not known")


def _all(surface: Surface, wanted: Wanted, columns: Sequence[str], relaxed: bool) -> str:
    source = "rows"
    if relaxed:
        arrived = days_between(wanted.first, wanted.last + timedelta(days=surface.restate_days))
        source = f"""rows LEFT JOIN (
            SELECT impression_id, any_value(coalesce({RELAXED}, [])) AS {RELAXED} FROM shown
            WHERE {among("arrival_day", arrived)} GROUP BY impression_id) USING (impression_id)"""
    named = ", ".join(f'"{name}"' for name in columns)
    return f"""
        SELECT impression_id, coalesce(user_id, request_id) AS unit, "{wanted.outcome}" AS outcome,
               {wanted.treatment.sql()} AS treated, {named}
        FROM {source} WHERE {among("event_day", days_between(wanted.first, wanted.last))} AND known_until IS NULL"""


def _covariates(
    rows: pd.DataFrame, columns: Sequence[str], features: dict[str, float]
) -> Iterator[tuple[str, Doubles]]:
    """Those that vary. An unknown feature takes its default, as it does in the ranker; an unknown position or history
    the mean."""
    for name in columns:
        if name in WORDS:
            share = rows[name].value_counts(normalize=True)
            yield from (
                (f"{name}={word}", (rows[name] == word).to_numpy(np.float64))
                for word in sorted(share.index[share >= LEAST_SHARE])[1:]
            )
            continue
        number = rows[name].astype(np.float64)
        filled = number.fillna(features.get(name, float(number.mean()))).to_numpy()
        if np.isfinite(filled).all() and np.ptp(filled) > 0:
            yield name, np.asarray(filled, dtype=np.float64)


def _require(option: str, name: str, allowed: Collection[str]) -> None:
    if name not in allowed:
        raise UserError(f"{option}: found {name!r}; allowed are {', '.join(allowed)}")
