"""Landing files of the night's arrival day, validated row by row, into bronze: a pure function of those files."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from typing import TYPE_CHECKING

from jobs.bronze.landing import files_of, landed_days, require_logs
from jobs.bronze.quarantine import bad_json_rows, bad_parquet_rows, files_with, whole_files
from jobs.bronze.reading import current, json_rows, parquet_rows
from jobs.bronze.soundness import Sound, Unsound, sift
from jobs.bronze.validation import broken, rules
from jobs.counter import Counter
from jobs.night import Night, StepReport
from lake import ledger, spark
from lake.ledger import Entry
from lake.tables import among
from schemas.contract import Contract
from schemas.logs import ITEM, LAYERS, USER
from schemas.tables import BRONZE, QUARANTINE
from schemas.versions import Version, accepted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

JOB = "ingest"
LOOKBACK_DAYS = 30
"""Days before the training window whose logs the features still need."""
LAYERS_AT_ONCE = 3
DIMENSIONS = (ITEM.name, USER.name)


@dataclass
class Landed:
    """What became of one layer's files: rows read per day, files set aside whole, and files with bad rows in them."""

    layer: Contract
    rows_in: dict[date, int] = field(default_factory=dict)
    unsound: list[Unsound] = field(default_factory=list)
    stained: list[Sound] = field(default_factory=list)


def run(night: Night) -> StepReport:
    """Ingest the night's day, and every earlier day that later steps need and that was never ingested.

    Raises UserError if the day has no logs, InfrastructureError if the ledger does not add up.
    """
    require_logs(night)
    days = days_to_ingest(night)
    with spark.session(night.home) as session:
        with ThreadPoolExecutor(LAYERS_AT_ONCE) as pool:
            landed = list(pool.map(lambda layer: ingest_layer(session, night, layer, days), LAYERS))
        set_aside(session, night, landed, days)
    entries = ledger.record(night.lake, JOB, account(night, landed, days))
    return _report(night, landed, entries)


def days_to_ingest(night: Night) -> list[date]:
    """The night's day (always, so that a rerun is a repair), and landed days before it with no line in the ledger.

    Of logs only so many days back as later steps read; of dimensions every day, since an item may have been described
    once, long ago.
    """
    surface = night.surface
    first = night.day - timedelta(days=surface.training.window_days + surface.restate_days + LOOKBACK_DAYS)
    done = ledger.days(night.lake, JOB)
    recent = {day for day in landed_days(night.landing) if day >= first}
    described = set(landed_days(night.landing, DIMENSIONS))
    earlier = {day for day in recent | described if day < night.day} - done
    return sorted(earlier | {night.day})


def ingest_layer(session: SparkSession, night: Night, layer: Contract, days: Sequence[date]) -> Landed:
    """Write the sound rows of `layer` on `days` to bronze in one commit; says what was read and what was not."""
    versions = accepted(layer)
    files = list(files_of(night.landing, layer.name, days))
    sound, unsound = sift(files, versions)
    landed = Landed(layer, unsound=unsound)
    table = BRONZE[layer.name]
    if not sound:
        stale = sorted(night.lake.days(table) & set(days))
        if stale:
            night.lake.write_days(session.createDataFrame([], table.spark()), table, stale)
        return landed
    counts = Counter(f"ingest {layer.name}")
    night.lake.write_days(_accepted(judged(session, night, sound, versions), days, counts), table, days)
    landed.rows_in = {day: counts.of("in", day) for day in days}
    landed.stained = files_with(counts.figures.get("stained", ()), sound)
    return landed


def set_aside(session: SparkSession, night: Night, landed: Sequence[Landed], days: Sequence[date]) -> None:
    """Replace the quarantine of `days` by the files and rows that were not accepted, in one commit."""
    frames = [
        reader(session, night.landing, files, accepted(found.layer), night.surface)
        for found in landed
        for kind, reader in (("jsonl", bad_json_rows), ("parquet", bad_parquet_rows))
        if (files := [sound for sound in found.stained if sound.file.kind == kind])
    ]
    unsound = [file for found in landed for file in found.unsound]
    if frames or unsound:
        every = [whole_files(session, unsound), *frames]
        night.lake.write_days(reduce(lambda one, other: one.unionByName(other), every), QUARANTINE, days)
    else:
        night.lake.write_arrow(QUARANTINE.arrow().empty_table(), QUARANTINE, among("arrival_day", days))


def account(night: Night, landed: Sequence[Landed], days: Sequence[date]) -> list[Entry]:
    """One entry per day and layer: rows read, rows that bronze now holds, rows that quarantine holds by reason.

    The three are counted in three places (at the scan, and in each table as it now stands), so that a row lost
    between them shows. A file that was set aside whole counts as one row read and one set aside.
    """
    aside = night.lake.tally(QUARANTINE, days, by=("arrival_day", "layer", "reason"))
    entries = []
    for found in landed:
        name = found.layer.name
        out = night.lake.tally(BRONZE[name], days, by=("arrival_day",))
        for day in days:
            whole = sum(unsound.file.day == day for unsound in found.unsound)
            reasons = {key[2]: count for key, count in aside.items() if key[:2] == (day, name)}
            entries.append(Entry(day, name, found.rows_in.get(day, 0) + whole, out.get((day,), 0), reasons))
    return entries


def judged(session: SparkSession, night: Night, files: Sequence[Sound], versions: Sequence[Version]) -> DataFrame:
    """Every row of `files` (of one layer, of any kind) as bronze, with its `file` and whether it is `broken`."""
    from pyspark.sql import functions as F

    folder = night.landing / versions[0].contract.name
    fields = [column.alias(name) for name, column in current(versions).items()]
    is_broken = broken(rules(versions, night.surface)).alias("broken")
    frames = [
        reader(session, folder, alike, versions).select(*fields, F.col("day").alias("arrival_day"), "file", is_broken)
        for kind, reader in (("jsonl", json_rows), ("parquet", parquet_rows))
        if (alike := [sound for sound in files if sound.file.kind == kind])
    ]
    return reduce(lambda one, other: one.union(other), frames)


def _accepted(rows: DataFrame, days: Sequence[date], counts: Counter) -> DataFrame:
    """Those of `rows` that are not broken; `counts` gets the rows read per day and the files with broken ones."""
    from pyspark.sql import functions as F

    stained = F.collect_set(F.when(F.col("broken"), F.col("file"))).alias("stained")
    observed = counts.watch(rows, "arrival_day", days, {"in": F.lit(True)}, stained)
    return observed.where(~F.col("broken")).drop("broken", "file")


def _report(night: Night, landed: Sequence[Landed], entries: Sequence[Entry]) -> StepReport:
    of_night = [entry for entry in entries if entry.day == night.day]
    caught_up = sorted({entry.day for entry in entries} - {night.day})
    rows, aside = sum(entry.rows_out for entry in entries), sum(sum(entry.set_aside.values()) for entry in entries)
    summary = f"{aside:,} set aside" + (f", {len(caught_up)} earlier days caught up" if caught_up else "")
    return StepReport(
        rows=rows,
        summary=summary,
        ledger=of_night,
        warnings=[*_empty_layers(night, of_night), *_whole_files(landed)],
        figures={"quarantined": aside, "days": [str(day) for day in [*caught_up, night.day]]},
    )


def _empty_layers(night: Night, entries: Sequence[Entry]) -> list[str]:
    """Layers without a row on the night's day, if one was to be expected.

    Not of a log that no day ever brought, nor of a dimension on a day that brought none: nothing changed.
    """
    expected = {
        layer.name: night.landing / layer.name / (f"day={night.day}" if layer.name in DIMENSIONS else "")
        for layer in LAYERS
    }
    return [
        f"{entry.input}: no rows landed for {night.day} in {night.landing / entry.input / f'day={night.day}'}"
        for entry in entries
        if not entry.rows_in and expected[entry.input].is_dir()
    ]


def _whole_files(landed: Sequence[Landed]) -> list[str]:
    unsound = [file for found in landed for file in found.unsound]
    return [f"{found.file.name}: set aside whole ({found.reason}: {found.detail})" for found in unsound]
