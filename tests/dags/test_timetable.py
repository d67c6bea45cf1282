"""Which nights the schedule starts, and for which day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.timetables.base import DagRunInfo, TimeRestriction
from pendulum import DateTime, instance

from dags.timetable import Nightly

NOTHING_OWED = TimeRestriction(earliest=None, latest=None, catchup=False)


def at(day: datetime) -> DateTime:
    return instance(day)


def ran(day: datetime, after: datetime) -> DagRunInfo:
    return DagRunInfo(
        run_after=at(after), data_interval=None, partition_date=at(day), partition_key=day.date().isoformat()
    )


def midnight(days_from_now: int) -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days_from_now)


def following(last: DagRunInfo | None) -> DagRunInfo:
    found = Nightly().next_dagrun_info_v2(last_dagrun_info=last, restriction=NOTHING_OWED)
    assert found is not None
    return found


def test_the_first_night_is_the_next_one_for_the_day_that_then_ends() -> None:
    found = following(None)
    assert found.run_after == midnight(1)
    assert found.partition_key == midnight(0).date().isoformat()
    assert found.data_interval is None


def test_after_a_scheduled_night_comes_the_next() -> None:
    found = following(ran(midnight(-1), after=midnight(0)))
    assert (found.run_after, found.partition_key) == (midnight(1), midnight(0).date().isoformat())


def test_a_missed_night_of_a_schedule_in_use_is_started_when_it_comes_back() -> None:
    found = following(ran(midnight(-5), after=midnight(-4)))
    assert (found.run_after, found.partition_key) == (midnight(0), midnight(-1).date().isoformat())


def test_a_backfill_of_old_days_owes_nothing() -> None:
    old = datetime(2026, 1, 8, tzinfo=UTC)
    assert following(ran(old, after=old)).run_after == midnight(1)


def test_a_backfill_makes_one_run_for_each_day_both_ends_included() -> None:
    first, last = datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC)
    keys = [info.partition_key for info in Nightly().iter_partition_dagrun_infos(earliest=first, latest=last)]
    assert keys == ["2026-01-06", "2026-01-07", "2026-01-08"]


def test_it_survives_being_written_down() -> None:
    assert Nightly.deserialize(Nightly().serialize()).summary == Nightly().summary
