"""What the ranker trains and is measured on: samples as known at the night, with their affinity to the history and
their length."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.affinity import affinity, tastes, unit
from features.request import AFFINITY, DURATION, HISTORY
from features.tables import samples
from jobs.gold.training_data import catalogue, item_rows, known_rows
from jobs.night import Night, days_between
from lake.tables import among
from models.interface import Floats, Ints
from schemas.tables import BRONZE

REQUESTS = BRONZE["request"]


def ranker_samples(night: Night, days: Sequence[date]) -> pa.Table:
    """gold.samples of event `days` as known at the night, with `content_affinity` and `duration_s` (float32, null or
    NaN where unknown).

    The affinity is that to the history which the request froze, so it knows nothing that came later.
    """
    table = samples(night.surface)
    rows = known_rows(night, table, days, table.names)
    stock = item_rows(night)
    rows = rows.append_column(DURATION, _durations(stock, rows))
    return rows.append_column(AFFINITY, pa.array(_affinities(night, stock, rows, days)))


def _durations(stock: pa.Table, rows: pa.Table) -> pa.ChunkedArray:
    places = pc.index_in(rows["item_id"], value_set=stock["item_id"].combine_chunks())
    return stock["duration_s"].take(places)


def _affinities(night: Night, items: pa.Table, rows: pa.Table, days: Sequence[date]) -> Floats:
    stock = catalogue(items)
    vectors = unit(stock.content)
    if not len(rows) or not vectors.shape[1] or not night.lake.exists(REQUESTS):
        return np.full(len(rows), np.nan, np.float32)
    ids = pa.array(stock.item_ids, pa.string())
    requests = _histories(night, days)
    lists = requests["history"].combine_chunks()
    history = _places(ids, lists.flatten())
    taste = tastes(vectors, history, pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64))
    asked = _places(requests["request_id"].combine_chunks(), rows["request_id"].combine_chunks())
    return affinity(taste, asked, vectors, _places(ids, rows["item_id"].combine_chunks()))


def _histories(night: Night, days: Sequence[date]) -> pa.Table:
    """The first row of each request that can belong to event `days`, with the newest of its history."""
    arrived = days_between(min(days) - timedelta(days=1), night.day)
    sql = f"""SELECT request_id, history[-{HISTORY}:] AS history FROM rows WHERE {among("arrival_day", arrived)}
              QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY arrival_day, requested_at, history) = 1"""
    return night.lake.query(REQUESTS, sql)


def _places(known: pa.Array, wanted: pa.Array) -> Ints:
    """(n,) where each of `wanted` stands in `known`, -1 where it does not."""
    found: npt.NDArray[np.int64] = pc.fill_null(pc.index_in(wanted, value_set=known), -1).to_numpy().astype(np.int64)
    return found
