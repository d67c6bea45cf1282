"""Which days each as-of day looks back over, and the global rates in those windows that smoothed rates lean on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from features.entities import LONGEST_WINDOW
from features.feature import Feature, Window

MICRO = 1_000_000
"""Counts are added up as whole millionths, so that no sum depends on the order of its rows."""

Totals = Mapping[date, Mapping[str, int]]
"""Per arrival day, the total of impressions and of each outcome over all items, in millionths."""


def totals(item_counts: pa.Table) -> Totals:
    """The totals per day of gold.daily_counts' `item` rows (every impression has one item)."""
    measures = [name for name in item_counts.column_names if name not in ("day", "entity", "key")]
    whole = pa.table(
        {"day": item_counts["day"]}
        | {name: pc.round(pc.multiply(item_counts[name], float(MICRO))).cast(pa.int64()) for name in measures}
    )
    summed = whole.group_by("day").aggregate([(name, "sum") for name in measures]).to_pylist()
    return {row["day"]: {name: row[f"{name}_sum"] for name in measures} for row in summed}


def prior_name(window: Window) -> str:
    """The column that holds the prior mean of `window`."""
    return f"prior_{window.numerator}_{window.days}"


def ratios(features: Iterable[Feature]) -> dict[str, Window]:
    """The windows of `features` that have a prior, by the name of its column."""
    windows = [feature.computation for feature in features if isinstance(feature.computation, Window)]
    return {prior_name(window): window for window in windows if window.denominator is not None}


def prior(window: Window, as_of: date, known: Totals) -> float | None:
    """The ratio over all items in `window` as of one day; None where the denominator is 0."""
    days = [as_of - timedelta(days=age) for age in range(window.days)]
    above = sum(known[day][window.numerator] for day in days if day in known)
    below = sum(known[day][str(window.denominator)] for day in days if day in known)
    return above / below if below else None


def spans(as_of_days: Sequence[date], known: Totals, features: Sequence[Feature]) -> pa.Table:
    """One row per as-of day and day of its longest window: `as_of`, `day`, `age` in days and a column per prior."""
    windows = ratios(features)
    rows = []
    for as_of in as_of_days:
        priors = {name: prior(window, as_of, known) for name, window in windows.items()}
        ages = range(LONGEST_WINDOW)
        rows += [{"as_of": as_of, "day": as_of - timedelta(days=age), "age": age} | priors for age in ages]
    fields = [pa.field("as_of", pa.date32()), pa.field("day", pa.date32()), pa.field("age", pa.int32())]
    return pa.Table.from_pylist(rows, pa.schema([*fields, *(pa.field(name, pa.float64()) for name in windows)]))
