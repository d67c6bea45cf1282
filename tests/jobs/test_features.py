"""The features step: equal to plain counting, the same late as on time, and blind to its own day."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features import tables
from features.entities import ENTITIES, Entity, entities
from features.matrix import from_samples
from features.registry import batch
from jobs import features as job
from jobs.gold import samples as samples_job
from jobs.gold.ranker_samples import ranker_samples
from jobs.night import Night
from lake import ledger, spark
from lake.home import Home
from lake.known import mask_labels, valid_at
from schemas.contract import Contract
from schemas.errors import UserError
from schemas.tables import BRONZE, SEQUENCE, SILVER_ITEM
from surfaces.load import load
from surfaces.surface import Session, Surface
from tests.jobs.raw_world import Happened, World, day, expected, expected_sequences, random_world, write

pytestmark = pytest.mark.spark

SHORTS = load("shorts").model_copy(update={"session": Session(features=True)})
WORLD = random_world(seed=7)
LAST, LATER = 5, 6
"""The night that is compared, and the later day up to which a backfill of it has logs."""


def gold(surface: Surface) -> dict[str, Contract]:
    """Every gold table whose partitions never change once written."""
    return {
        "daily_counts": tables.daily_counts(surface),
        "sequence": SEQUENCE,
        **tables.entity_tables(surface),
    }


def night_of(home: Home, number: int, surface: Surface = SHORTS) -> Night:
    return Night(surface, day(number), home)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, spark_home: Home) -> Path:
    """A folder in which `new_home` makes homes that share one Spark server."""
    spark_home.spark.mkdir(exist_ok=True)
    return tmp_path_factory.mktemp("homes")


def new_home(homes: Path, spark_home: Home, name: str) -> Home:
    (homes / name).mkdir()
    (homes / name / "spark").symlink_to(spark_home.spark)
    return Home(homes / name)


@pytest.fixture(scope="module")
def on_time(homes: Path, spark_home: Home) -> Home:
    """Two nights in turn, each with the logs that had arrived by then."""
    home = new_home(homes, spark_home, "on_time")
    for number in (LAST - 1, LAST):
        write(night_of(home, number), WORLD, horizon=number)
        job.run(night_of(home, number))
    return home


@pytest.fixture(scope="module")
def backfill(homes: Path, spark_home: Home) -> Home:
    """The last of these nights alone, in a fresh home, when the logs of a later day have arrived too."""
    home = new_home(homes, spark_home, "backfill")
    write(night_of(home, LAST), WORLD, horizon=LATER)
    job.run(night_of(home, LAST))
    return home


def as_known(night: Night, event_day: int) -> pa.Table:
    """gold.samples of a day as known at `night`, in the order of impressions."""
    table = tables.samples(night.surface)
    kept = [name for name in table.names if name != "known_until"]
    rows = night.lake.arrow(table, [day(event_day)], where=valid_at(night.day))
    return mask_labels(rows, list(night.surface.outcomes), night.day).select(kept).sort_by("impression_id")


# -- equal to plain counting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
@pytest.mark.parametrize("as_of", [1, 3, LAST])
def test_windows_equal_counting_every_event(backfill: Home, entity: Entity, as_of: int) -> None:
    night = night_of(backfill, LAST)
    rows = night.lake.arrow(tables.entity_table(SHORTS, entity.name), [day(as_of)]).to_pylist()
    wanted = expected(WORLD, SHORTS, entity, as_of)
    assert {row["key"] for row in rows} == set(wanted)
    for row in rows:
        for name, value in wanted[row["key"]].items():
            close = row[name] is None if value is None else row[name] == pytest.approx(value, rel=1e-5, abs=1e-6)
            assert close, (row["key"], name, row[name], value)


@pytest.mark.parametrize("as_of", [LAST - 1, LAST])
def test_sequences_equal_replaying_every_response(backfill: Home, as_of: int) -> None:
    rows = night_of(backfill, LAST).lake.arrow(SEQUENCE, [day(as_of)]).to_pylist()
    wanted = expected_sequences(WORLD, list(SHORTS.training.positives), as_of)
    assert {row["user_id"]: row["items"] for row in rows} == wanted
    assert all(row["times"] == sorted(row["times"]) for row in rows)


def test_no_impression_is_lost_and_the_ledger_says_so(backfill: Home) -> None:
    night = night_of(backfill, LAST)
    for number in range(1, LAST + 1):
        entries = {entry.input: entry for entry in ledger.read(night.lake, day(number))["features"]}
        assert entries["known impressions"].rows_in == sum(one.arrived == number for one in WORLD.shown)
        assert entries["silver.labelled"].rows_in >= 14
        assert all(entry.missing == 0 for entry in entries.values())


def test_an_item_without_dimension_keeps_its_rows_and_its_own_features(backfill: Home) -> None:
    rows = as_known(night_of(backfill, LAST), LAST).to_pylist()
    unknown = [row for row in rows if row["item_id"] not in WORLD.items]
    assert unknown
    for row in unknown:
        assert [row[name] for name in ("creator_id", "topic", "creator_click_rate_30")] == [None] * 3
        assert row["item_log_impressions_30"] > 0


def test_samples_carry_context_dimensions_and_the_features_of_the_day_before(backfill: Home) -> None:
    night = night_of(backfill, LAST)
    by_id = {one.id: one for one in WORLD.shown}
    users = expected(WORLD, SHORTS, ENTITIES[0], LAST - 1)
    for row in as_known(night, LAST).to_pylist():
        one = by_id[row["impression_id"]]
        assert (row["country"], row["device"], row["area"]) == ("DE", "phone", "7")
        assert row["history_length"] == one.second % 3
        assert row["session_log_minutes"] == (one.second % 7 + 0.5 if one.second % 2 else None)
        assert row["session_focus"] is None
        assert row["user_click_rate_30"] == pytest.approx(users[one.user or ""]["user_click_rate_30"], rel=1e-5)
        if one.item in WORLD.items:
            assert (row["creator_id"], row["topic"]) == WORLD.items[one.item][:2]


def test_the_first_log_day_has_samples_without_features(backfill: Home) -> None:
    rows = as_known(night_of(backfill, LAST), 1)
    assert rows.num_rows == sum(one.on == 1 and one.arrived <= LAST for one in WORLD.shown)
    assert all(rows[feature.name].null_count == rows.num_rows for feature in batch(SHORTS))


# -- the same late as on time, and again ----------------------------------------------------------------------------


def test_a_backfill_knows_what_was_known_on_time(on_time: Home, backfill: Home) -> None:
    for name, table in gold(SHORTS).items():
        days = night_of(on_time, LAST).lake.days(table) & night_of(backfill, LAST).lake.days(table)
        assert day(LAST) in days, name
        assert len(days) > 1, name
        prints = [night_of(home, LAST).lake.fingerprint(table, days) for home in (on_time, backfill)]
        assert prints[0] == prints[1], name
    for event_day in range(1, LAST + 1):
        samples = [as_known(night_of(home, LAST), event_day) for home in (on_time, backfill)]
        assert samples[0].equals(samples[1]), event_day


def test_running_again_changes_nothing(on_time: Home) -> None:
    night = night_of(on_time, LAST)
    everything = [*gold(SHORTS).values(), tables.samples(SHORTS)]
    before = [night.lake.fingerprint(table) for table in everything]
    report = job.run(night)
    assert [night.lake.fingerprint(table) for table in everything] == before
    assert report.rows > 0
    assert all(entry.missing == 0 for entry in report.ledger)


def test_a_day_whose_logs_came_late_is_caught_up(homes: Path, spark_home: Home, backfill: Home) -> None:
    night = night_of(new_home(homes, spark_home, "late"), LAST)
    gap = replace(WORLD, shown=tuple(one for one in WORLD.shown if 3 not in (one.on, one.arrived)))
    ids = {one.id for one in gap.shown}
    write(night, replace(gap, happened=tuple(event for event in gap.happened if event.of in ids)), horizon=LATER)
    job.run(night)
    assert job.plan(night).counted == [day(LAST)]
    write(night, WORLD, horizon=LATER)
    days = job.plan(night)
    assert days.counted[0] == day(3)
    assert days.as_of == days.sampled == [day(number) for number in range(2, LAST + 1)]
    job.run(night)
    for name, table in gold(SHORTS).items():
        prints = [night_of(one, LAST).lake.fingerprint(table, [day(LAST)]) for one in (night.home, backfill)]
        assert prints[0] == prints[1], name


# -- blind to its own day -------------------------------------------------------------------------------------------


def planted(world: World, event_day: int) -> World:
    """`world` in which nothing that arrives on `event_day` or later is as it was: all is liked and nothing else."""
    likes = [Happened(one.id, "like", max(event_day, one.arrived)) for one in world.shown]
    return replace(world.without_arrivals(event_day), happened=(*world.without_arrivals(event_day).happened, *likes))


def changed(before: pa.Table, after: pa.Table) -> set[str]:
    """Features that differ for one of the impressions that both tables hold."""
    return {feature.name for feature in batch(SHORTS) if not before[feature.name].equals(after[feature.name])}


def first_versions(home: Home, event_day: int) -> pa.Table:
    """The first version of each sample of a day: both worlds have it, whatever happened later."""
    rows = night_of(home, LATER).lake.arrow(tables.samples(SHORTS), [day(event_day)])
    firsts = rows.filter(pa.compute.equal(rows["known_from"], rows["arrival_day"]))
    return firsts.sort_by("impression_id")


@pytest.fixture(scope="module")
def planted_home(homes: Path, spark_home: Home) -> Home:
    """As `backfill`, of the planted world."""
    home = new_home(homes, spark_home, "planted")
    write(night_of(home, LAST), planted(WORLD, LAST), horizon=LATER)
    job.run(night_of(home, LAST))
    return home


def test_a_sample_does_not_see_what_arrives_on_its_day_or_later(planted_home: Home, backfill: Home) -> None:
    counts = tables.daily_counts(SHORTS)
    prints = [night_of(home, LAST).lake.fingerprint(counts, [day(LAST)]) for home in (planted_home, backfill)]
    assert prints[0] != prints[1], "the plant must be there to be seen"
    assert first_versions(planted_home, LAST).num_rows > 0
    assert changed(first_versions(backfill, LAST), first_versions(planted_home, LAST)) == set()


def leaking_samples(home: Home, event_day: int) -> pa.Table:
    """The samples of a day made by a job that takes the features of that day's end for those of the day before."""
    night = night_of(home, LAST)
    with spark.session(home) as session:

        def of_day(table: Contract, number: int) -> DataFrame:
            return night.lake.frame(session, table, [day(number)])

        leak = F.date_sub("as_of", 1)
        features = {name: of_day(table, event_day) for name, table in tables.entity_tables(SHORTS).items()}
        features = {name: frame.withColumn("as_of", leak) for name, frame in features.items()}
        labelled, requests = of_day(tables.labelled(SHORTS), event_day), of_day(BRONZE["request"], event_day)
        items = night.lake.frame(session, SILVER_ITEM)
        frame = samples_job.samples(labelled, requests, items, features, entities(SHORTS))
        rows = frame.where("known_from = arrival_day").toArrow()
    return rows.sort_by("impression_id")


def test_the_same_check_catches_a_join_that_leaks(planted_home: Home, backfill: Home) -> None:
    assert "item_like_rate_7" in changed(leaking_samples(backfill, LAST), leaking_samples(planted_home, LAST))


# -- other surfaces -------------------------------------------------------------------------------------------------


def test_a_surface_without_users_or_dimensions(homes: Path, spark_home: Home) -> None:
    surface = SHORTS.model_copy(update={"lacks": frozenset({"user", "creator", "topic", "history"})})
    world = replace(WORLD, shown=tuple(replace(one, user=None) for one in WORLD.shown), items={})
    night = night_of(new_home(homes, spark_home, "arms"), 3, surface)
    write(night, world, horizon=3)
    report = job.run(night)
    assert [entity.name for entity in entities(surface)] == ["item"]
    assert all(entry.missing == 0 for entry in report.ledger)
    rows = ranker_samples(night, [day(3)])
    matrix = from_samples(rows, surface)
    assert len(matrix) == rows.num_rows == night.lake.arrow(tables.samples(surface), [day(3)]).num_rows > 0
    assert night.lake.fingerprint(SEQUENCE)[0] == 0


def test_a_night_before_any_join_is_told_what_to_run(home: Home) -> None:
    with pytest.raises(UserError, match=r"silver.labelled of shorts has no day up to 2026-01-05"):
        job.run(night_of(home, LAST))
