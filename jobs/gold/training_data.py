"""What models train on, read from the lake as Arrow without a JVM and as known at the night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from features.affinity import contents
from jobs.night import Night
from lake.known import mask_labels, valid_at
from models.interface import Catalogue, Interactions, Ints
from models.vocabulary import texts
from schemas.contract import Contract
from schemas.tables import SILVER_ITEM, labelled


def known_rows(
    night: Night,
    table: Contract,
    days: Sequence[date],
    columns: Sequence[str],
    *,
    where: ds.Expression | None = None,
    as_of: date | None = None,
) -> pa.Table:
    """The rows of the bitemporal `table` of event `days`, as known at the end of `as_of` (the night's day if None).

    `columns` may name outcomes; a label that was not known yet is null. `where` filters before the labels are
    masked. Rows come in the order (shown_at, impression_id), whatever the layout of files.
    """
    at = as_of or night.day
    outcomes = [name for name in columns if name in night.surface.outcomes]
    extra = {"shown_at", "impression_id", *(f"{outcome}_known" for outcome in outcomes)}
    wanted = [*columns, *sorted(extra - set(columns))]
    filters = valid_at(at) if where is None else valid_at(at) & where
    rows = night.lake.arrow(table, days=days, columns=wanted, where=filters)
    rows = rows.sort_by([("shown_at", "ascending"), ("impression_id", "ascending")])
    return mask_labels(rows, outcomes, at).select(list(columns))


def interactions(night: Night, days: Sequence[date], as_of: date | None = None) -> Interactions:
    """Positive responses of event `days` as known at `as_of`, oldest first, `""` for a user the log does not name.

    The weight of one is the sum of the surface's weights of its outcomes (a sum such as dwell counts by its amount),
    halved for every `half_life_days` between its event day and the night's day; those that come to 0 or less are left
    out. A label that is not known yet counts for nothing.
    """
    positives = night.surface.training.positives
    columns = ("event_day", "user_id", "item_id", "shown_at", *positives)
    responded = reduce(lambda left, right: left | right, (ds.field(outcome) > 0 for outcome in positives))
    rows = known_rows(night, _labelled(night), days, columns, where=responded, as_of=as_of)
    worth = np.zeros(len(rows), np.float64)
    for outcome, weight in positives.items():
        worth += weight * _numbers(pc.fill_null(rows[outcome], 0.0))
    age = (np.datetime64(night.day) - _numbers(rows["event_day"])).astype(np.float64)
    worth *= 0.5 ** (age / night.surface.training.half_life_days)
    keep = worth > 0
    return Interactions(
        users=texts(rows["user_id"])[keep],
        items=texts(rows["item_id"])[keep],
        weights=worth[keep].astype(np.float32),
        times=_microseconds(rows["shown_at"])[keep],
    )


def split(positives: Interactions, day: date) -> tuple[Interactions, Interactions]:
    """(before `day`, from `day` on) by the time of each response."""
    later = positives.times >= microseconds(day)
    return _where(positives, ~later), _where(positives, later)


def item_rows(night: Night, days: Sequence[date] | None = None) -> pa.Table:
    """One row per item known at the night: its dimension row, or only its id where it has none but was shown.

    Sorted by item_id. `days` are the event days whose impressions count, the training window and the night if None.
    """
    columns = [name for name in SILVER_ITEM.names if name not in ("schema_version", "known_from", "known_until")]
    rows = night.lake.arrow(SILVER_ITEM, columns=columns, where=valid_at(night.day))
    event_days = [*night.training_days, night.day] if days is None else days
    shown = night.lake.arrow(_labelled(night), event_days, ["item_id"], valid_at(night.day))["item_id"]
    bare = pc.unique(shown).filter(pc.invert(pc.is_in(pc.unique(shown), rows["item_id"])))
    everything = pa.concat_tables([rows, pa.table({"item_id": bare})], promote_options="default")
    return everything.sort_by("item_id")


def catalogue(rows: pa.Table) -> Catalogue:
    """`item_rows` as models take them; a content embedding of another length than most counts as none."""
    return Catalogue(
        item_ids=texts(rows["item_id"]),
        creators=texts(rows["creator_id"]),
        topics=texts(rows["topic"]),
        content=contents(rows["content"]),
        created=_microseconds(rows["created_at"]),
    )


def microseconds(day: date) -> int:
    """The first instant of `day` in UTC microseconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def _labelled(night: Night) -> Contract:
    return labelled(list(night.surface.outcomes))


def _where(positives: Interactions, keep: Any) -> Interactions:
    return Interactions(positives.users[keep], positives.items[keep], positives.weights[keep], positives.times[keep])


def _numbers(column: pa.ChunkedArray) -> Any:
    return column.to_numpy()


def _microseconds(column: pa.ChunkedArray) -> Ints:
    numbers: Ints = pc.fill_null(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()), 0).to_numpy()
    return numbers
