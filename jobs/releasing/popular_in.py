"""What is most popular in each country: what a server shows there when nothing personal answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

from features.tables import samples
from jobs.gold.training_data import known_rows
from jobs.night import Night

DEPTH = 500
"""Items listed of each country."""
SCHEMA = pa.schema([("country", pa.string()), ("items", pa.list_(pa.string()))])


def popular_in(night: Night, days: Sequence[date]) -> pa.Table:
    """Columns `country` and `items`: of each country's items the DEPTH with the most positive responses on event
    `days`, weighted as in training, the best first and of equals the first by id."""
    positives = night.surface.training.positives
    table = samples(night.surface)
    if not night.lake.exists(table):
        return SCHEMA.empty_table()
    columns = ("country", "item_id", *positives)
    rows = known_rows(night, table, days, columns, where=ds.field("country").is_valid()).to_pandas()
    rows["worth"] = sum(weight * rows[outcome].fillna(0.0) for outcome, weight in positives.items())
    sums = rows.loc[rows["worth"] > 0].groupby(["country", "item_id"], as_index=False)["worth"].sum()
    # Exact sums in any order of rows: weights are few and small, so that no two layouts of files give two lists.
    sums["worth"] = sums["worth"].round(6)
    sums = sums.sort_values(["country", "worth", "item_id"], ascending=[True, False, True])
    best = sums.groupby("country").head(DEPTH)
    listed = [
        (str(country), np.asarray(some, dtype=object).tolist()) for country, some in best.groupby("country")["item_id"]
    ]
    return pa.table([[name for name, _ in listed], [items for _, items in listed]], schema=SCHEMA)
