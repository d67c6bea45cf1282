"""What the columns of a plain table may hold: numbers, days, yes or no. Anything else is told with its count."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.experiments.units import Doubles, Mask
from schemas.errors import UserError

_YES_OR_NO = {"true": True, "yes": True, "1": True, "1.0": True, "false": False, "no": False, "0": False, "0.0": False}
_WRITTEN_AS_NUMBER = (19000101, 21001231)
"""Numbers between these are dates such as 20260109."""


def numbers(column: pd.Series, *, unknown: bool = False) -> Doubles:
    """(r,) float64; raises UserError for what is no finite number. `unknown`: a missing one is allowed and is NaN."""
    found = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = ~np.isfinite(found) & ~(column.isna().to_numpy() if unknown else np.zeros(len(found), dtype=bool))
    fix = "leave the cell empty where it is not known" if unknown else "write 0 where nothing happened"
    _require(column, bad, "number", fix)
    return found


def days(column: pd.Series) -> pd.Series:
    """(r,) days since the first in the column, from dates, times (of which the UTC day counts) or whole numbers."""
    if not pd.api.types.is_numeric_dtype(column):
        return _since_first(column, pd.to_datetime(column, errors="coerce", utc=True))
    number = numbers(column)
    _require(column, number != np.round(number), "whole number", "name the column of days")
    low, high = _WRITTEN_AS_NUMBER
    if ((number >= low) & (number <= high)).all():
        text = pd.Series(number.astype(np.int64), index=column.index).astype(str)
        return _since_first(column, pd.to_datetime(text, format="%Y%m%d", errors="coerce", utc=True))
    return pd.Series((number - number.min()).astype(np.int64), index=column.index)


def yes_or_no(column: pd.Series) -> pd.Series:
    """(r,) bool from yes/no, true/false, 1/0."""
    read = column.astype(str).str.strip().str.lower().map(_YES_OR_NO)
    _require(column, read.isna().to_numpy(), "yes or no", "write yes or no in every row")
    return read.astype(bool)


def _since_first(column: pd.Series, dates: pd.Series) -> pd.Series:
    _require(column, dates.isna().to_numpy(), "date", "write 2026-01-09")
    day = dates.dt.normalize()
    since: pd.Series = (day - day.min()).dt.days
    return since


def _require(column: pd.Series, bad: Mask, wanted: str, fix: str) -> None:
    if bad.any():
        first = column.to_numpy()[bad][0]
        raise UserError(
            f"{column.name}: {int(bad.sum()):,} of {len(column):,} rows hold no {wanted}; the first is {first!r}",
            fix=fix,
        )
