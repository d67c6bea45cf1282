"""A bad row keeps its line, though Spark reads a large file in several blocks and in any order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jobs.bronze.landing import files_of
from jobs.bronze.quarantine import bad_json_rows, files_with
from jobs.bronze.soundness import Sound
from lake import spark
from lake.home import Home
from schemas.logs import IMPRESSION
from schemas.versions import accepted
from tests.jobs.landing_logs import at, impression, land, tiny_surface

DAY = date(2026, 1, 5)
BAD = {"plain.jsonl": (1, 19, 60), "odd name+%20 [1].jsonl": (33,), "packed.jsonl.gz": (7, 8)}


def landed(landing: Path) -> list[Sound]:
    for name, bad in BAD.items():
        rows = [impression(f"{name}-{line}", at(DAY), position=-line if line in bad else 0) for line in range(1, 61)]
        land(landing, "impression", DAY, ["", *rows[1:]] if 1 not in bad else rows, name)
    return [Sound(file) for file in files_of(landing, "impression", [DAY])]


@pytest.mark.spark
def test_lines_are_those_of_the_file_whatever_the_blocks(tmp_path: Path, spark_home: Home) -> None:
    files = landed(tmp_path)
    with spark.session(spark_home) as session:
        session.conf.set("spark.sql.files.maxPartitionBytes", "1000")
        session.conf.set("spark.sql.files.openCostInBytes", "1")
        found = bad_json_rows(session, tmp_path, files, accepted(IMPRESSION), tiny_surface()).toArrow().to_pylist()
    assert {(row["file"], row["line"]) for row in found} == {
        (f"impression/day={DAY}/{name}", line) for name, bad in BAD.items() for line in bad
    }
    assert all(row["detail"] == f"position: found {-row['line']}; allowed is 0 or more" for row in found)


def test_files_are_found_by_what_spark_calls_them(tmp_path: Path) -> None:
    files = landed(tmp_path)
    uris = [sound.file.path.as_uri() for sound in files]
    assert files_with(uris[:2], files) == files[:2]
    assert files_with([uris[0].replace("file:///", "file:/")], files) == files[:1]
    assert files_with([], files) == []
