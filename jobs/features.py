"""features: daily counts, windows over them, sequences, and training samples that know nothing of their own day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.dataset as ds
from pyspark.sql import DataFrame, SparkSession

from features import tables
from features.entities import LONGEST_WINDOW, Entity, entities
from features.feature import IMPRESSIONS
from features.registry import batch, realtime
from features.spans import spans, totals
from features.windows import batch_features
from jobs.gold.daily_counts import daily_counts
from jobs.gold.samples import samples
from jobs.gold.sequences import sequences
from jobs.night import Night, StepReport, days_between
from lake import ledger, spark
from lake.ledger import Entry
from schemas.errors import UserError
from schemas.tables import BRONZE, SEQUENCE, SILVER_ITEM

_ONE = timedelta(days=1)
_AT_ONCE = 3
"""Tables written at a time: a commit waits on files more than on cores."""


@dataclass(frozen=True)
class Days:
    """The days that a night's features step writes, each oldest first.

    `counted`: arrival days of gold.daily_counts. `as_of`: of gold.<entity>. `sequenced`: as-of days of gold.sequence,
    `before` being the one it starts from. `sampled`: event days of gold.samples. The night's own day is always
    written anew; an earlier one where it is missing, where silver.labelled holds another number of rows (a day whose
    logs came late, say), or where this night can still change it.
    """

    counted: list[date]
    as_of: list[date]
    sequenced: list[date]
    before: date | None
    sampled: list[date]


def run(night: Night) -> StepReport:
    """Write gold up to `night.day`. Raises UserError if nothing has been joined yet."""
    days = plan(night)
    with spark.session(night.home) as session:
        write_counts(night, session, days)
        write_features(night, session, days)
        write_samples(night, session, days)
    entries = ledger.record(night.lake, "features", [*_counted(night, days.counted), *_sampled(night, days.sampled)])
    rows = sum(entry.rows_out for entry in entries if entry.input == "silver.labelled")
    summary = f"samples of {len(days.sampled)} days, features as of {len(days.as_of)}"
    return StepReport(rows=rows, summary=summary, ledger=entries)


def plan(night: Night) -> Days:
    """What is to be written: see `Days`."""
    joined = sorted(day for day in night.lake.days(tables.labelled(night.surface)) if day <= night.day)
    if not joined:
        raise UserError(
            f"silver.labelled of {night.surface.surface} has no day up to {night.day}",
            fix=f"feedmill run {night.surface.surface} {night.day} --to join",
        )
    lake, window = night.lake, night.surface.training.window_days
    first = max(joined[0], night.day - timedelta(days=window + LONGEST_WINDOW))
    settled = [entry.day for entry in _counted(night, days_between(first, night.day)) if not entry.missing]
    counted = sorted({*days_between(first, night.day)} - {*settled} | {night.day})

    # Whatever is as of the first day that is counted now, or later, does not know of it yet.
    late = counted[0]
    settled = [entry.day for entry in _sampled(night, night.training_days) if not entry.missing and entry.day <= late]
    sampled = sorted(({*night.training_days} - {*settled} | {*night.restated_days}).intersection(joined))

    there = {day for day in lake.days(tables.entity_table(night.surface, "item")) if day < late}
    wanted = {night.day, *(day - _ONE for day in sampled)} - there
    as_of = sorted(day for day in wanted if day >= joined[0])

    there = {day for day in lake.days(SEQUENCE) if day < late}
    sequenced = sorted(day for day in {night.day - _ONE, night.day} - there if day >= joined[0])
    before = max((day for day in there if day < sequenced[0]), default=None)
    return Days(counted, as_of, sequenced, before, sampled)


def write_counts(night: Night, session: SparkSession, days: Days) -> None:
    """gold.daily_counts of `days.counted`, in one commit."""
    labelled = _labelled(night, session, _event_days(night, days.counted))
    items = night.lake.frame(session, SILVER_ITEM)
    counts = daily_counts(labelled, items, days.counted, entities(night.surface), tuple(night.surface.outcomes))
    night.lake.write_days(counts, tables.daily_counts(night.surface), days.counted)


def write_features(night: Night, session: SparkSession, days: Days) -> None:
    """gold.<entity> of `days.as_of` and gold.sequence of `days.sequenced`, each in one commit.

    gold.item is written after the other entities: where it has a day, all have it.
    """
    contract = tables.daily_counts(night.surface)
    recent = days_between(days.as_of[0] - timedelta(days=LONGEST_WINDOW - 1), days.as_of[-1])
    counts = night.lake.frame(session, contract, recent)
    of_items = night.lake.arrow(contract, recent, where=ds.field("entity") == "item")
    span_rows = session.createDataFrame(spans(days.as_of, totals(of_items), batch(night.surface)))
    outcomes = tuple(night.surface.outcomes)

    def write(entity: Entity) -> None:
        frame = batch_features(counts, span_rows, entity, batch(night.surface, entity.name), outcomes)
        night.lake.write_days(frame, tables.entity_table(night.surface, entity.name), days.as_of)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sequence = pool.submit(write_sequences, night, session, days)
        others = [pool.submit(write, entity) for entity in entities(night.surface) if entity.name != "item"]
        for done in others:
            done.result()
        (item,) = (entity for entity in entities(night.surface) if entity.name == "item")
        write(item)
        sequence.result()


def write_sequences(night: Night, session: SparkSession, days: Days) -> None:
    """gold.sequence of `days.sequenced`, in one commit."""
    if days.before is None:
        labelled = _labelled(night, session, night.lake.days(tables.labelled(night.surface)))
        before = session.createDataFrame([], SEQUENCE.spark())
    else:
        since = days_between(days.before + _ONE, night.day)
        labelled = _labelled(night, session, _event_days(night, since)).where(f"known_from > DATE '{days.before}'")
        before = night.lake.frame(session, SEQUENCE, [days.before])
    as_of = session.createDataFrame(pa.table({"as_of": pa.array(days.sequenced, pa.date32())}))
    frame = sequences(labelled, before, as_of, night.surface.training.positives)
    night.lake.write_days(frame, SEQUENCE, days.sequenced)


def write_samples(night: Night, session: SparkSession, days: Days) -> None:
    """gold.samples of `days.sampled`, in one commit."""
    if not days.sampled:
        return
    labelled = _labelled(night, session, days.sampled)
    logged = days_between(days.sampled[0] - _ONE, days.sampled[-1] + timedelta(days=night.surface.restate_days))
    requests = night.lake.frame(session, BRONZE["request"], logged)
    items = night.lake.frame(session, SILVER_ITEM)
    day_before = [day - _ONE for day in days.sampled]
    gold = {
        name: night.lake.frame(session, table, day_before)
        for name, table in tables.entity_tables(night.surface).items()
    }
    frozen = [feature.name for feature in realtime(night.surface)]
    frame = samples(labelled, requests, items, gold, entities(night.surface), realtime=frozen)
    night.lake.write_days(frame, tables.samples(night.surface), days.sampled)


def _labelled(night: Night, session: SparkSession, event_days: Sequence[date] | set[date]) -> DataFrame:
    return night.lake.frame(session, tables.labelled(night.surface), sorted(event_days))


def _event_days(night: Night, arrival_days: Sequence[date]) -> set[date]:
    """Event days of which something can become known on one of `arrival_days`."""
    back = range(night.surface.restate_days + 1)
    return {day - timedelta(days=age) for day in arrival_days for age in back}


def _counted(night: Night, days: Sequence[date]) -> list[Entry]:
    """Impressions that became known on each arrival day against those counted for some item."""
    event_days = sorted(_event_days(night, days))
    labelled = tables.labelled(night.surface)
    begun = night.lake.tally(labelled, event_days, ["known_from"])
    ended = night.lake.tally(labelled, event_days, ["known_until"])
    known = {day: begun.get((day,), 0) - ended.get((day,), 0) for day in days}
    return _entries("known impressions", known, _item_impressions(night))


def _item_impressions(night: Night) -> dict[date, int]:
    counts = tables.daily_counts(night.surface)
    if not night.lake.exists(counts):
        return {}
    sql = f"SELECT day, sum({IMPRESSIONS})::BIGINT AS n FROM rows WHERE entity = 'item' GROUP BY day"
    return {row["day"]: row["n"] for row in night.lake.query(counts, sql).to_pylist()}


def _sampled(night: Night, days: Sequence[date]) -> list[Entry]:
    """Rows of silver.labelled of each event day against rows of gold.samples."""
    if not days:
        return []
    rows_in, rows_out = (
        {day: n for (day,), n in night.lake.tally(table, days, ["event_day"]).items()}
        for table in (tables.labelled(night.surface), tables.samples(night.surface))
    )
    return _entries("silver.labelled", {day: rows_in.get(day, 0) for day in days}, rows_out)


def _entries(name: str, rows_in: Mapping[date, int], rows_out: Mapping[date, int]) -> list[Entry]:
    return [Entry(day, name, count, rows_out.get(day, 0)) for day, count in rows_in.items()]
