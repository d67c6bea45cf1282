"""As known at night N: which version of a bitemporal row held, and which of its labels were known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def valid_at(night: date) -> ds.Expression:
    """The Arrow filter for rows that were the known version at the end of `night`."""
    begun = ds.field("known_from") <= pa.scalar(night)
    ended = ds.field("known_until") <= pa.scalar(night)
    return begun & (ds.field("known_until").is_null() | ~ended)


def valid_sql(night: date) -> str:
    """`valid_at` as a DuckDB predicate."""
    return f"known_from <= DATE '{night}' AND (known_until IS NULL OR known_until > DATE '{night}')"


def mask_labels(rows: pa.Table, outcomes: Sequence[str], night: date) -> pa.Table:
    """`rows` with every label that became known after `night` set to null."""
    for outcome in outcomes:
        known = pc.fill_null(pc.less_equal(rows[f"{outcome}_known"], pa.scalar(night)), False)
        masked = pc.if_else(known, rows[outcome], pa.scalar(None, rows[outcome].type))
        rows = rows.set_column(rows.schema.get_field_index(outcome), outcome, masked)
    return rows


def as_known_at(frame: DataFrame, night: date, outcomes: Sequence[str] = ()) -> DataFrame:
    """The Spark form of `valid_at`, and of `mask_labels` for `outcomes`: one row per key."""
    from pyspark.sql import functions as F

    at = F.lit(night)
    rows = frame.where((F.col("known_from") <= at) & (F.col("known_until").isNull() | (F.col("known_until") > at)))
    masked = {outcome: F.when(F.col(f"{outcome}_known") <= at, F.col(outcome)) for outcome in outcomes}
    return rows.withColumns(masked) if masked else rows
