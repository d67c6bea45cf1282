"""The benchmark: its logs, its measures, and that it tells equal results from different ones."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from infra.bench import by_hand, ours
from infra.bench.calibrate import Ceilings, calibrate
from infra.bench.compare import require_equal
from infra.bench.generate import DAY, EVE, LAYERS, generate
from infra.bench.limits import limits
from infra.bench.measure import Measured, measured, middle
from infra.bench.report import Result, table
from jobs.night import Night
from lake.home import Home
from schemas.errors import GateFailed, UserError
from schemas.logs import layer
from surfaces.load import load

ROWS = 2000
STAGES = ("ingest", "join", "features")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "landing"
    generate(folder, ROWS)
    return folder


def ask(sql: str) -> Any:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()[0]


def test_the_same_size_lands_the_same_rows_in_the_layers_types(landing: Path, tmp_path: Path) -> None:
    again = generate(tmp_path, ROWS)
    for name in LAYERS:
        for day in (EVE, DAY):
            one, other = (pq.read_table(root / name / f"day={day}" / "part-0.parquet") for root in (landing, tmp_path))
            assert one.equals(other)
            assert {field.name for field in layer(name).fields if field.required} <= set(one.column_names)
            assert set(one.column_names) <= set(layer(name).names)
    assert again.rows["impression"] > ROWS
    assert again.rows["request"] == ROWS // 10


def test_the_logs_hold_what_makes_a_join_hard(tmp_path: Path) -> None:
    rows = 10 * ROWS
    generate(tmp_path, rows)
    impressions, outcomes = (f"'{tmp_path}/{name}/*/*.parquet'" for name in ("impression", "outcome"))
    shown, distinct = ask(f"SELECT count(*), count(DISTINCT impression_id) FROM {impressions}")
    assert (distinct, shown > distinct) == (rows, True)
    happened, once = ask(f"SELECT count(*), count(DISTINCT outcome_id) FROM {outcomes}")
    assert 0.15 * rows < once < happened < 0.25 * rows
    (orphans,) = ask(f"SELECT count(*) FROM {outcomes} ANTI JOIN {impressions} AS shown USING (impression_id)")
    (broken,) = ask(f"SELECT count(*) FROM {outcomes} WHERE outcome = 'scroll'")
    (late,) = ask(f"SELECT count(*) FROM '{tmp_path}/outcome/day={DAY}/*.parquet' WHERE occurred_at::DATE < '{DAY}'")
    assert min(orphans, broken, late) > 0
    (several,) = ask(f"""SELECT count(*) FROM (
        SELECT 1 FROM {outcomes} GROUP BY impression_id HAVING count(DISTINCT outcome) > 1)""")
    assert several > 0.01 * rows


@pytest.mark.spark
@pytest.mark.slow
def test_both_sides_agree_and_a_planted_difference_is_told(landing: Path, home: Home) -> None:
    night = Night(load("shorts"), DAY, home)
    night.landing.parent.mkdir(parents=True)
    night.landing.symlink_to(landing)
    assert {stage: one.seconds > 0 for stage, one in ours.run(night).items()} == dict.fromkeys(STAGES, True)
    folder = home.root / "by_hand"
    by_hand.run_apart("shorts", landing, folder)

    compared = require_equal(night, folder)
    assert compared["bronze.quarantine"] > 0
    assert compared["silver.labelled"] > ROWS
    assert compared["gold.samples"] == compared["silver.labelled"]
    assert min(compared.values()) > 0

    plant(folder / "silver" / "labelled", "like_seen", 0.5)
    plant(folder / "gold" / "daily_counts", "impressions", 1e9)
    with pytest.raises(GateFailed) as told:
        require_equal(night, folder)
    lines = str(told.value).splitlines()
    assert f"  silver.labelled.like_seen: 1 of {compared['silver.labelled']:,} rows differ" in lines
    assert f"  gold.daily_counts.impressions: 1 of {compared['gold.daily_counts']:,} rows differ" in lines
    assert len(lines) == 4

    drop_first(folder / "bronze" / "outcome")
    drop_first(folder / "gold" / "sequence")
    with pytest.raises(GateFailed, match="1 rows that only one side has") as told:
        require_equal(night, folder)
    assert "bronze.outcome: " in str(told.value)


def plant(folder: Path, column: str, value: float) -> None:
    """Change `column` of one row of the first file below `folder`."""
    path, rows = first(folder)
    values = [value, *rows[column].to_pylist()[1:]]
    pq.write_table(rows.set_column(rows.column_names.index(column), column, pa.array(values, pa.float64())), path)


def drop_first(folder: Path) -> None:
    path, rows = first(folder)
    pq.write_table(rows.slice(1), path)


def first(folder: Path) -> tuple[Path, pa.Table]:
    path = sorted(folder.rglob("*.parquet"))[0]
    return path, pq.ParquetFile(path).read()


def test_a_cluster_of_others_is_not_measured(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://elsewhere")
    with pytest.raises(UserError, match="SPARK_REMOTE"):
        ours.bench(night, 1)


def test_measured_sees_the_time_and_the_memory_that_work_took() -> None:
    size = 200 << 20

    def work() -> None:
        block = bytearray(os.urandom(1) * size)
        time.sleep(0.3)
        assert len(block) == size

    before = measured(os.getpid(), lambda: None)
    found = measured(os.getpid(), work)
    assert found.seconds >= 0.3
    assert found.peak_rss > before.peak_rss + size // 2


def test_the_middle_of_runs_is_the_median_time_and_the_highest_peak() -> None:
    runs = [{"join": Measured(seconds, peak)} for seconds, peak in ((3.0, 10), (1.0, 30), (2.0, 20))]
    assert middle(runs) == {"join": Measured(2.0, 30)}


def test_ceilings_are_measured_and_leave_nothing_behind(tmp_path: Path) -> None:
    found = calibrate(tmp_path, megabytes=32)
    assert min(found.disk_read, found.disk_write, found.memory) > 1e6
    assert list(tmp_path.iterdir()) == []


def test_the_limit_is_the_slower_of_disk_and_memory() -> None:
    ceilings = Ceilings(disk_read=100.0, disk_write=50.0, memory=1000.0)
    assert ceilings.seconds(read=100, written=100, touched=1000) == 3.0
    assert ceilings.seconds(read=100, written=100, touched=5000) == 5.0


def test_a_stage_must_move_its_inputs_and_its_results(tmp_path: Path) -> None:
    column = pa.table({"n": pa.array(range(1000), pa.int64())})
    sizes = {}
    for name in ("landing/item", "bronze/item", "bronze/request", "silver/item", "gold/item"):
        (tmp_path / name).mkdir(parents=True)
        pq.write_table(column, tmp_path / name / "part.parquet")
        sizes[name] = (tmp_path / name / "part.parquet").stat().st_size
    found = limits(tmp_path / "landing", tmp_path, Ceilings(1.0, 1e15, 1e15))
    assert found["ingest"] == pytest.approx(sizes["landing/item"])
    assert found["join"] == pytest.approx(sizes["bronze/item"])
    assert found["features"] == pytest.approx(sizes["silver/item"] + sizes["bronze/request"])


def test_the_table_shows_each_stage_and_the_sum() -> None:
    def side(seconds: float) -> dict[str, Measured]:
        return {stage: Measured(seconds, 2_000_000_000) for stage in STAGES}

    result = Result(1_000_000, ours.Ours(Measured(5, 0), side(8.0), side(4.0)), side(2.0), dict.fromkeys(STAGES, 0.5))
    console = Console(width=200, record=True)
    console.print(table([result]))
    lines = [line for line in console.export_text().splitlines() if "│" in line]
    cells = [[cell.strip() for cell in line.strip("│ ").split("│")] for line in lines]
    assert cells[0][:2] == ["1,000,000", "ingest"]
    assert cells[0][2:] == [
        "8.00",
        "4.00",
        "2.00",
        "2.0x",
        "250,000",
        "500,000",
        "2.00",
        "2.00",
        "0.500",
        "8.0x",
        "4.0x",
    ]
    assert cells[-1][-10:-6] == ["12.00", "6.00", "2.0x", "83,333"]
