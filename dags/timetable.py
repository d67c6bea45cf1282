"""When nights are scheduled, and for which day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.timetables.base import DagRunInfo, TimeRestriction, Timetable
from airflow.timetables.trigger import CronPartitionTimetable


class Nightly(CronPartitionTimetable):
    """Each midnight UTC a run for the day that ended, whose partition key is that day.

    Nothing is owed to the past: a DAG that is first unpaused waits for the next midnight. The parent class would start
    the newest night at once after any backfill, however old its days, because it takes a backfill for the schedule.
    """

    def __init__(self) -> None:
        super().__init__(
            "0 0 * * *", timezone="UTC", run_offset=-1, run_immediately=timedelta(0), key_format="%Y-%m-%d"
        )

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:  # noqa: ARG003 - the signature is Airflow's
        return cls()

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        last = last_dagrun_info
        # A backfill's run falls due at the start of its day, a scheduled one at the end.
        backfilled = last is not None and last.run_after == last.partition_date
        return super().next_dagrun_info_v2(last_dagrun_info=None if backfilled else last, restriction=restriction)
