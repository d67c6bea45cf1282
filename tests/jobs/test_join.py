"""Nights in order, a night that catches up, and a backfill a week later leave tables that know the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from jobs import join
from jobs.night import Night, StepReport, days_between
from lake import ledger
from lake.home import Home
from lake.known import mask_labels, valid_at
from lake.ledger import Entry
from lake.tables import among
from schemas.errors import UserError
from schemas.tables import BRONZE, SILVER_ITEM, SILVER_USER, labelled
from tests.jobs.landing_logs import tiny_surface
from tests.jobs.plain_join import happened, midnight, random_logs, shown

pytestmark = pytest.mark.spark

SURFACE = tiny_surface()
OUTCOMES = list(SURFACE.outcomes)
TABLE = labelled(OUTCOMES)
FIRST, LAST = date(2026, 1, 5), date(2026, 1, 9)
NIGHTS = days_between(FIRST, LAST)
LIKED = happened("late like", "liked", midnight(FIRST) + timedelta(hours=20), "like", FIRST + timedelta(days=2))

Rows = list[dict[str, Any]]


def logs() -> tuple[Rows, Rows]:
    """A random world, and one impression of the first day whose like arrives two days later."""
    impressions, outcomes = random_logs(7, FIRST, 4, 60, SURFACE)
    return [*impressions, shown("liked", midnight(FIRST) + timedelta(hours=12))], [*outcomes, LIKED]


def items() -> Rows:
    """i0 changes its topic on the third day and is repeated unchanged on the fourth; i1 comes twice on one day."""

    def row(item: str, topic: str, day: int, hour: int = 0) -> dict[str, Any]:
        updated = datetime(2026, 1, day, hour, tzinfo=UTC)
        return {"schema_version": 1, "item_id": item, "topic": topic, "tags": [topic]} | {
            "updated_at": updated,
            "arrival_day": date(2026, 1, day),
        }

    return [row("i0", "a", 5), row("i0", "b", 7), row("i0", "b", 8, 5), row("i1", "new", 6, 9), row("i1", "old", 6, 8)]


def arrive(night: Night, days: Iterable[date]) -> None:
    """What arrived on `days` into bronze, without Spark."""
    impressions, outcomes = logs()
    listed = list(days)
    for layer, rows in (("impression", impressions), ("outcome", outcomes), ("item", items())):
        arrived = [row for row in rows if row["arrival_day"] in listed]
        table = BRONZE[layer]
        night.lake.write_arrow(pa.Table.from_pylist(arrived, table.arrow()), table, among("arrival_day", listed))


def known_at(night: Night, day: date) -> Rows:
    """silver.labelled as known at the end of `day`, for the event days up to it."""
    rows = mask_labels(night.lake.arrow(TABLE, where=valid_at(day)), OUTCOMES, day)
    kept = [name for name in TABLE.names if name != "known_until" and not name.endswith("_known")]
    return ordered(rows.select(kept).to_pylist())


def versions(night: Night, event_day: date) -> Rows:
    return ordered(night.lake.arrow(TABLE, [event_day]).to_pylist())


def ordered(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: (row["impression_id"], str(row.get("known_from"))))


class InOrder:
    """Every night run when its day had arrived, with what was then known and how the first day's partition stood."""

    def __init__(self, home: Home) -> None:
        self.known: dict[date, Rows] = {}
        self.first_day: dict[date, Rows] = {}
        self.reports: dict[date, StepReport] = {}
        for day in NIGHTS:
            self.night = Night(SURFACE, day, home)
            arrive(self.night, [day])
            self.reports[day] = join.run(self.night)
            self.known[day] = known_at(self.night, day)
            self.first_day[day] = versions(self.night, FIRST)


@pytest.fixture(scope="module")
def in_order(shared_home: Home) -> InOrder:
    return InOrder(shared_home)


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory, spark_home: Home) -> Night:
    """The last night alone, in a home where all days had arrived: the first night of a fresh lake."""
    home = Home(tmp_path_factory.mktemp("at_once"))
    (home.root / "spark").symlink_to(spark_home.spark)
    night = Night(SURFACE, LAST, home)
    arrive(night, NIGHTS)
    join.run(night)
    return night


def test_each_night_restates_only_what_its_arrivals_can_change(in_order: InOrder) -> None:
    figures = in_order.reports[LAST].figures
    assert figures["event_days"] == ["2026-01-07", "2026-01-08", "2026-01-09"]
    assert figures["arrival_days"] == [str(LAST)]


def test_at_any_night_there_is_one_row_an_impression(in_order: InOrder) -> None:
    for day, rows in in_order.known.items():
        names = [row["impression_id"] for row in rows]
        assert len(set(names)) == len(names) > 0, day


def test_what_a_night_saw_on_time_it_sees_after_all_later_days(in_order: InOrder, at_once: Night) -> None:
    for day in NIGHTS:
        assert known_at(in_order.night, day) == in_order.known[day], f"on time against later, night {day}"
        assert known_at(at_once, day) == in_order.known[day], f"on time against caught up, night {day}"


def test_a_fresh_lake_catches_up_to_the_same_tables(in_order: InOrder, at_once: Night) -> None:
    for table in (TABLE, SILVER_ITEM):
        assert at_once.lake.fingerprint(table) == in_order.night.lake.fingerprint(table), table.name
    for day in NIGHTS:
        assert ledger.read(at_once.lake, day) == ledger.read(in_order.night.lake, day)


def test_a_like_two_days_late_changes_exactly_its_impression_and_the_ledger_says_so(in_order: InOrder) -> None:
    second, third = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    others: Callable[[Rows], Rows] = lambda rows: [row for row in rows if row["impression_id"] == "liked"]  # noqa: E731
    (before,) = others(in_order.first_day[second])
    old, new = others(in_order.first_day[third])
    assert (before["like"], before["known_until"]) == (0.0, None)
    assert (old["like"], old["known_until"]) == (0.0, third)
    assert (new["like"], new["like_known"], new["known_from"], new["known_until"]) == (1.0, third, third, None)
    before_that = {row["impression_id"]: row for row in in_order.known[second] if row["event_day"] == FIRST}
    after_that = {row["impression_id"]: row for row in in_order.known[third] if row["event_day"] == FIRST}
    news = {row["impression_id"] for row in logs()[1] if row["arrival_day"] == third}
    changed = {name for name in before_that if before_that[name]["like_seen"] != after_that[name]["like_seen"]}
    assert "liked" in changed <= news
    (entry,) = [entry for entry in in_order.reports[third].ledger if entry.input == "outcome"]
    assert entry.rows_out >= 1
    assert entry.missing == 0


def test_a_backfill_of_an_old_night_forgets_nothing(in_order: InOrder) -> None:
    night = Night(SURFACE, FIRST + timedelta(days=1), in_order.night.home)
    tables = [night.lake.fingerprint(table) for table in (TABLE, SILVER_ITEM)]
    lines = {day: ledger.read(night.lake, day) for day in NIGHTS}
    join.run(night)
    assert [night.lake.fingerprint(table) for table in (TABLE, SILVER_ITEM)] == tables
    assert {day: ledger.read(night.lake, day) for day in NIGHTS} == lines


def test_the_ledger_follows_every_row_from_bronze_to_label(in_order: InOrder) -> None:
    impressions, outcomes = logs()
    entries = {entry.input: entry for entry in in_order.reports[LAST].ledger}
    assert entries["impression"].rows_in == sum(row["arrival_day"] == LAST for row in impressions)
    assert entries["outcome"].rows_in == sum(row["arrival_day"] == LAST for row in outcomes)
    reach = timedelta(days=2)
    late = sum(LAST >= row["arrival_day"] > row["shown_at"].date() + reach for row in impressions)
    arrived = [entry for day in NIGHTS for entry in ledger.read(in_order.night.lake, day)["join"]]
    assert sum(entry.set_aside.get("late_impression", 0) for entry in arrived) == late > 0
    assert all(entry.missing == 0 for entry in arrived)
    first = {entry.input: entry for entry in ledger.read(in_order.night.lake, FIRST)["join"]}
    shown_first = [row for row in impressions if row["shown_at"].date() == FIRST]
    in_time = [row for row in shown_first if row["arrival_day"] <= FIRST + timedelta(days=2)]
    distinct = len({row["impression_id"] for row in in_time})
    assert first["silver.labelled"] == Entry(
        FIRST, "silver.labelled", len(in_time), distinct, {"duplicate": len(in_time) - distinct}
    )
    assert first["label:click"] == Entry(FIRST, "label:click", distinct, distinct)
    of_last = [entry for entry in in_order.reports[date(2026, 1, 8)].ledger if entry.input == "label:like"]
    assert of_last[0].set_aside["immature"] == of_last[0].rows_in > 0


def test_a_day_that_was_landed_late_is_joined_by_the_next_night(in_order: InOrder) -> None:
    extra = shown("landed late", midnight(FIRST) + timedelta(hours=1))
    table, night = BRONZE["impression"], in_order.night
    assert join.scope_of(night).arrival_days == [LAST]
    kept = [row for row in logs()[0] if row["arrival_day"] == FIRST]
    rows = pa.Table.from_pylist([*kept, extra], table.arrow())
    night.lake.write_arrow(rows, table, among("arrival_day", [FIRST]))
    scope = join.scope_of(night)
    assert scope.arrival_days == [FIRST, LAST]
    assert {FIRST, LAST} <= set(scope.event_days)
    night.lake.write_arrow(pa.Table.from_pylist(kept, table.arrow()), table, among("arrival_day", [FIRST]))


def test_a_day_without_logs_still_lets_windows_close(in_order: InOrder) -> None:
    scope = join.scope_of(Night(SURFACE, LAST + timedelta(days=2), in_order.night.home))
    assert scope.arrival_days == [LAST + timedelta(days=1), LAST + timedelta(days=2)]
    assert scope.event_days[0] == LAST - timedelta(days=1)
    assert scope.horizon == LAST + timedelta(days=2)


def test_dimensions_keep_the_days_on_which_they_changed(in_order: InOrder) -> None:
    rows = in_order.night.lake.arrow(SILVER_ITEM).to_pylist()
    found = sorted((row["item_id"], row["topic"], str(row["known_from"]), str(row["known_until"])) for row in rows)
    assert found == [
        ("i0", "a", "2026-01-05", "2026-01-07"),
        ("i0", "b", "2026-01-07", "None"),
        ("i1", "new", "2026-01-06", "None"),
    ]
    entries = {
        day: next(entry for entry in ledger.read(in_order.night.lake, day)["join"] if entry.input == "silver.item")
        for day in NIGHTS
    }
    assert entries[date(2026, 1, 6)].set_aside == {"superseded": 1}
    assert entries[date(2026, 1, 8)].set_aside == {"unchanged": 1}


def test_a_night_whose_day_was_never_ingested_is_the_users_mistake(tmp_path: Any) -> None:
    with pytest.raises(UserError, match="nothing of surface tiny was ingested"):
        join.run(Night(SURFACE, LAST, Home(tmp_path)))


def test_a_dimension_that_never_arrived_is_an_empty_table(in_order: InOrder) -> None:
    assert not in_order.night.lake.exists(BRONZE["user"])
    assert len(in_order.night.lake.arrow(SILVER_USER)) == 0
