"""Attribution on hand-made rows with obvious answers, and both of its plans against the join written plainly."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from jobs.night import days_between
from jobs.silver.attribution import ASIDE, Counts, Scope, attribute, attribute_touched, in_time
from schemas.tables import BRONZE
from tests.jobs.landing_logs import tiny_surface
from tests.jobs.plain_join import happened, plain_join, random_logs, shown

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

DAY = date(2026, 1, 5)
SURFACE = tiny_surface()
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def later(**by: float) -> datetime:
    return NOON + timedelta(**by)


def day(offset: int) -> date:
    return DAY + timedelta(days=offset)


IMPRESSIONS = [
    *(shown(name, NOON) for name in ("plain", "clicked", "dwelt", "early", "slow", "liked", "tied")),
    shown("late", NOON, day(2)),
    shown("too_late", NOON, day(3)),
    *(shown("twice", NOON, day(offset), item_id=item) for offset, item in ((1, "a"), (0, "z"), (0, "b"))),
    shown("yesterday", later(days=-1)),
    shown("midnight", datetime(2026, 1, 5, 23, 45, tzinfo=UTC)),
]
OUTCOMES = [
    happened("c1", "clicked", later(minutes=30), "click"),
    happened("c1", "clicked", later(minutes=29), "click"),
    happened("c2", "clicked", later(minutes=5), "click", day(1)),
    happened("e1", "early", later(seconds=-1), "click"),
    happened("s1", "slow", later(minutes=30, seconds=1), "click"),
    *(happened(f"d{n}", "dwelt", later(minutes=n), "dwell", value=30.5) for n in range(1, 4)),
    happened("d4", "dwelt", later(minutes=4), "dwell", day(1), value=30.5),
    happened("l1", "liked", later(hours=3), "like", day(2)),
    happened("l2", "plain", later(hours=3), "like", day(3)),
    happened("w1", "late", later(minutes=1), "click", DAY),
    happened("x1", "nobody", later(minutes=1), "click"),
    happened("x2", "too_late", later(minutes=1), "click"),
    happened("t1", "tied", later(minutes=1), "click", value=None),
    happened("t2", "tied", later(minutes=2), "dwell", value=7.0),
    happened("t2", "tied", later(minutes=2), "dwell", value=6.0),
]


def frame(spark: SparkSession, name: str, rows: Iterable[dict[str, Any]]) -> DataFrame:
    return spark.createDataFrame(pa.Table.from_pylist(list(rows), BRONZE[name].arrow()))


def scope(event_days: list[date], horizon: date) -> Scope:
    return Scope(SURFACE, event_days, days_between(event_days[0], horizon), horizon)


@pytest.fixture(scope="module")
def counts() -> Counts:
    return Counts()


@pytest.fixture(scope="module")
def rows(spark_session: SparkSession, counts: Counts) -> dict[str, list[dict[str, Any]]]:
    """The versions of each impression, oldest first, knowing of arrivals up to day 3."""
    whole = scope([day(-1), DAY], day(3))
    impressions = in_time(frame(spark_session, "impression", IMPRESSIONS), whole)
    made = attribute(impressions, frame(spark_session, "outcome", OUTCOMES), whole, counts).toArrow().to_pylist()
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(made, key=lambda row: row["known_from"]):
        by_name.setdefault(row["impression_id"], []).append(row)
    return by_name


def seen(row: dict[str, Any]) -> tuple[float, float, float]:
    return row["click_seen"], row["dwell_seen"], row["like_seen"]


def test_every_impression_in_time_is_there_clicked_or_not(rows: dict[str, Any]) -> None:
    assert set(rows) == {row["impression_id"] for row in IMPRESSIONS} - {"too_late"}
    (plain,) = rows["plain"]
    assert (plain["event_day"], plain["arrival_day"], plain["known_from"], plain["known_until"]) == (
        DAY,
        DAY,
        DAY,
        None,
    )
    assert (plain["request_id"], plain["propensity"], plain["shown_at"]) == ("r-plain", 0.5, NOON)
    assert seen(plain) == (0.0, 0.0, 0.0)


def test_the_first_to_arrive_wins_then_a_total_order(rows: dict[str, Any], counts: Counts) -> None:
    (twice,) = rows["twice"]
    assert (twice["item_id"], twice["arrival_day"]) == ("b", DAY)
    assert counts.repeats.of("duplicate", DAY) == 2
    assert counts.read.of("in", DAY) == 12
    assert seen(rows["tied"][0]) == (1.0, 6.0, 0.0)


def test_outcomes_count_inside_their_window_only_both_ends_included(rows: dict[str, Any]) -> None:
    assert seen(rows["clicked"][0]) == (1.0, 0.0, 0.0)
    assert seen(rows["early"][0]) == (0.0, 0.0, 0.0)
    assert seen(rows["slow"][0]) == (0.0, 0.0, 0.0)


def test_a_new_version_begins_on_each_day_something_arrives(rows: dict[str, Any]) -> None:
    first, second = rows["dwelt"]
    assert (first["known_from"], first["known_until"], first["dwell_seen"]) == (DAY, day(1), 91.5)
    assert (second["known_from"], second["known_until"], second["dwell_seen"]) == (day(1), None, 100.0)
    assert (first["dwell"], first["dwell_known"]) == (91.5, DAY)
    assert (second["dwell"], second["dwell_known"]) == (100.0, day(1))


def test_a_like_two_days_late_changes_its_impression_from_then_on(rows: dict[str, Any]) -> None:
    first, second = rows["liked"]
    assert (first["known_until"], first["like"], first["like_known"]) == (day(2), 0.0, day(1))
    assert (second["known_from"], second["like"], second["like_known"]) == (day(2), 1.0, day(2))
    assert len(rows["plain"]) == 1, "three days late is too late"


def test_an_outcome_that_came_before_its_impression_counts_from_the_impression_on(rows: dict[str, Any]) -> None:
    (late,) = rows["late"]
    assert (late["known_from"], late["click_seen"], late["arrival_day"]) == (day(2), 1.0, day(2))


def test_every_outcome_is_accounted_for_on_the_day_it_arrived(counts: Counts, rows: dict[str, Any]) -> None:
    found = {status: counts.outcomes.of(status, DAY) for status in ("out", *ASIDE)}
    assert found == {
        "out": 6,
        "orphan": 3,
        "late_arrival": 0,
        "duplicate": 2,
        "before_impression": 1,
        "outside_window": 1,
        "unknown_outcome": 0,
    }
    assert counts.outcomes.of("out", day(1)) == 2
    assert counts.outcomes.of("out", day(2)) == 1
    assert counts.outcomes.of("late_arrival", day(3)) == 1


def test_a_window_that_is_open_at_the_horizon_leaves_the_label_null(spark_session: SparkSession) -> None:
    today = scope([DAY], DAY)
    known = [row for row in IMPRESSIONS if row["arrival_day"] <= DAY]
    impressions = in_time(frame(spark_session, "impression", known), today)
    outcomes = frame(spark_session, "outcome", [row for row in OUTCOMES if row["arrival_day"] <= DAY])
    made = {
        row["impression_id"]: row for row in attribute(impressions, outcomes, today, Counts()).toArrow().to_pylist()
    }
    assert (made["clicked"]["click"], made["clicked"]["like"]) == (1.0, None)
    assert made["clicked"]["like_known"] == day(1)
    assert (made["midnight"]["click"], made["midnight"]["click_seen"]) == (None, 0.0)
    assert "yesterday" not in made, "only the event days asked for are made"


@pytest.mark.parametrize("seed", [1, 2])
def test_both_plans_give_the_rows_of_the_plain_join(spark_session: SparkSession, seed: int) -> None:
    days = days_between(DAY, day(3))
    everything = scope(days, day(6))
    shown_rows, answers = random_logs(seed, DAY, len(days), 150, SURFACE)
    expected = plain_join(shown_rows, answers, SURFACE, day(6))
    columns = list(expected[0])
    for plan in (attribute, attribute_touched):
        impressions = in_time(frame(spark_session, "impression", shown_rows), everything)
        made = plan(impressions, frame(spark_session, "outcome", answers), everything, Counts())
        assert ordered(made.select(columns).toArrow().to_pylist()) == ordered(expected), plan.__name__


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["impression_id"], row["known_from"]))
