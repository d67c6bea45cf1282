"""What the ranker trains and is measured on: samples as known at the night, with their affinity to the history and
their length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.affinity import affinity, tastes, unit
from features.neighbours import nearness
from features.request import AFFINITY, DURATION, HISTORY, NEIGHBOURS
from features.tables import samples
from jobs.gold.item_neighbours import item_neighbours
from jobs.gold.training_data import catalogue, item_rows, known_rows
from jobs.night import Night, days_between
from lake.tables import among
from models.interface import Floats, Ints
from schemas.tables import BRONZE

REQUESTS = BRONZE["request"]


def ranker_samples(night: Night, days: Sequence[date]) -> pa.Table:
    """gold.samples of event `days` as known at the night, with `content_affinity`, `neighbour_affinity` and
    `duration_s` (float32, null or NaN where unknown).

    Affinities are those to the history which the request froze, by what was known of others the day before, so they
    know nothing that came later.
    """
    table = samples(night.surface)
    rows = known_rows(night, table, days, table.names)
    stock = item_rows(night)
    rows = rows.append_column(DURATION, _durations(stock, rows))
    past = _past(night, stock, rows, days)
    rows = rows.append_column(AFFINITY, pa.array(_affinities(stock, rows, past)))
    return rows.append_column(NEIGHBOURS, pa.array(_neighbours(night, stock, rows, past)))


def _durations(stock: pa.Table, rows: pa.Table) -> pa.ChunkedArray:
    places = pc.index_in(rows["item_id"], value_set=stock["item_id"].combine_chunks())
    return stock["duration_s"].take(places)


@dataclass(frozen=True)
class _Past:
    """Histories as item rows, one after the other, with the `lengths` (r,) of each; `asked` (n,) says whose history
    each sample has and `items` (n,) its item's row, -1 where there is none."""

    history: Ints
    lengths: Ints
    asked: Ints
    items: Ints


def _past(night: Night, stock: pa.Table, rows: pa.Table, days: Sequence[date]) -> _Past:
    ids = stock["item_id"].combine_chunks()
    items = _places(ids, rows["item_id"].combine_chunks())
    if not len(rows) or not night.lake.exists(REQUESTS):
        nobody = np.full(len(rows), -1, np.int64)
        return _Past(nobody[:0], nobody[:0], nobody, items)
    requests = _histories(night, days)
    lists = requests["history"].combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    asked = _places(requests["request_id"].combine_chunks(), rows["request_id"].combine_chunks())
    return _Past(_places(ids, lists.flatten()), lengths, asked, items)


def _affinities(stock: pa.Table, rows: pa.Table, past: _Past) -> Floats:
    vectors = unit(catalogue(stock).content)
    if not vectors.shape[1] or not len(past.lengths):
        return np.full(len(rows), np.nan, np.float32)
    return affinity(tastes(vectors, past.history, past.lengths), past.asked, vectors, past.items)


def _neighbours(night: Night, stock: pa.Table, rows: pa.Table, past: _Past) -> Floats:
    """Each day's samples by what was known of others at the end of the day before."""
    found = np.full(len(rows), np.nan, np.float32)
    if not len(past.lengths):
        return found
    event_days, ids = rows["event_day"].to_numpy(), catalogue(stock).item_ids
    for day in np.unique(event_days):
        mine = np.flatnonzero(event_days == day)
        similar = item_neighbours(night, day.astype(object) - timedelta(days=1), ids)
        found[mine] = nearness(similar, past.history, past.lengths, past.asked[mine], past.items[mine])
    return found


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
