"""What ingest could not accept, as rows of bronze.quarantine: files set aside whole, and rows with their line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from jobs.bronze.reading import json_lines, json_rows, parquet_rows
from jobs.bronze.soundness import Sound, Unsound
from jobs.bronze.validation import broken, rules, verdict
from schemas.tables import QUARANTINE
from schemas.versions import Version
from surfaces.surface import Surface

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


LONGEST_PATH = 4096


def whole_files(spark: SparkSession, unsound: Sequence[Unsound]) -> DataFrame:
    """One row for each file that was set aside whole; line and raw are null."""
    rows = [
        (found.file.layer, found.reason, found.detail, found.file.name, None, None, found.file.day) for found in unsound
    ]
    return spark.createDataFrame(rows, QUARANTINE.spark())


def bad_json_rows(
    spark: SparkSession, landing: Path, files: Sequence[Sound], versions: Sequence[Version], surface: Surface
) -> DataFrame:
    """The rows of the `.jsonl[.gz]` `files` (of one layer) that break a rule, with the first rule they break."""
    from pyspark.sql import functions as F

    layer = versions[0].contract.name
    rows = json_rows(spark, landing / layer, files, versions)
    blocks = _blocks(json_lines(spark, landing / layer, files))
    line = F.col("id") - F.col("first_id") + F.col("lines_before") + 1
    placed = _bad(rows, versions, surface).join(F.broadcast(blocks), ["file", "block"]).withColumn("line", line)
    return _quarantined(placed, landing, layer)


def bad_parquet_rows(
    spark: SparkSession, landing: Path, files: Sequence[Sound], versions: Sequence[Version], surface: Surface
) -> DataFrame:
    """The rows of the `.parquet` `files` (of one layer) that break a rule; raw is the row as JSON."""
    layer = versions[0].contract.name
    return _quarantined(_bad(parquet_rows(spark, landing / layer, files, versions), versions, surface), landing, layer)


def files_with(uris: Iterable[str], files: Iterable[Sound]) -> list[Sound]:
    """Those of `files` that Spark calls by one of `uris`."""
    paths = {unquote(urlparse(uri).path) for uri in uris}
    return [sound for sound in files if str(sound.file.path) in paths]


def _bad(rows: DataFrame, versions: Sequence[Version], surface: Surface) -> DataFrame:
    checks = rules(versions, surface)
    reason, detail = verdict(checks)
    return rows.where(broken(checks)).withColumns({"reason": reason, "detail": detail})


def _blocks(lines: DataFrame) -> DataFrame:
    """Per block of a file (Spark reads a large one in several): its first row's id and the lines before it."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    before = Window.partitionBy("file").orderBy("block").rowsBetween(Window.unboundedPreceding, -1)
    blocks = lines.groupBy("file", "block").agg(F.min("id").alias("first_id"), F.count("*").alias("lines"))
    return blocks.withColumn("lines_before", F.coalesce(F.sum("lines").over(before), F.lit(0)))


def _quarantined(rows: DataFrame, landing: Path, layer: str) -> DataFrame:
    from pyspark.sql import functions as F

    path = F.url_decode(F.replace(F.regexp_replace("file", "^file:/+", "/"), F.lit("+"), F.lit("%2B")))
    below = F.substring(path, len(str(landing)) + 2, LONGEST_PATH)
    return rows.select(
        F.lit(layer).alias("layer"),
        "reason",
        "detail",
        below.alias("file"),
        "line",
        F.make_valid_utf8("raw").alias("raw"),
        F.col("day").alias("arrival_day"),
    )
