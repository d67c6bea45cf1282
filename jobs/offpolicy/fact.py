"""What came of a forecast: the value of what the release showed once it served, less that of what was shown before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from evaluation.ope.clusters import user_codes
from evaluation.ope.intervals import studentised
from evaluation.ope.stream import Sums, summed
from evaluation.ope.terms import Terms
from evaluation.ope.trust import Limits
from features.tables import labelled
from jobs.night import Night, days_between
from jobs.offpolicy import kept
from jobs.offpolicy.kept import Line
from jobs.offpolicy.logged import REQUEST, request_where
from lake.known import valid_sql
from lake.tables import among

SERVED = 0.5
"""The least share of a day's requests that a release answered for the day to be its own."""


def settle(night: Night) -> list[Line]:
    """Measure, and keep, what came of every forecast whose release served its first day on the day that is now known.

    A day's labels are looked at when they are as old as those of the forecast's days were, so that as much of both is
    known. Days differ: whatever else changed between the two is part of the difference.
    """
    found = []
    for one in kept.told(night.lake):
        day = night.day - (one.forecast.known_at - one.forecast.last_day)
        settled = one.fact is not None and one.fact.measured_on < day
        line = None if settled or day <= one.forecast.last_day else measured(night, one.forecast, day)
        if line is not None:
            kept.keep(night.lake, line)
            found.append(line)
    return found


def measured(night: Night, forecast: Line, day: date) -> Line | None:
    """The fact of `forecast` on `day`, as known at the night; None if its release did not serve (most of) that day."""
    if _share(night, forecast.target, day) < SERVED:
        return None
    then = Night(night.surface, forecast.known_at, night.home)
    before = _by_user(then, days_between(forecast.first_day, forecast.last_day), forecast)
    after = _by_user(night, [day], forecast, forecast.target)
    least = Limits().users
    if min(before.num_rows, after.num_rows) < least:
        return None
    both, alone = _sums(after, before), _sums(after, None)
    value, difference = studentised(alone, forecast.level), studentised(both, forecast.level)
    return replace(
        forecast,
        kind="fact",
        measured_on=day,
        known_at=night.day,
        reasons=(),
        value=value.value,
        low=value.low,
        high=value.high,
        difference=difference.value,
        difference_low=difference.low,
        difference_high=difference.high,
        logged=value.value - difference.value,
        requests=int(np.sum(after["requests"].to_numpy())),
        users=alone.occupied,
    )


def _sums(after: pa.Table, before: pa.Table | None) -> Sums:
    """Mean worth of a request `after`, less that `before`: two ratios, whose users are partly the same."""
    tables = [after] if before is None else [after, before]
    above, below = (np.zeros((sum(one.num_rows for one in tables), len(tables))) for _ in range(2))
    start = 0
    for place, (one, sign) in enumerate(zip(tables, (1.0, -1.0), strict=False)):
        rows = slice(start, start + one.num_rows)
        above[rows, place] = sign * one["total"].to_numpy()
        below[rows, place] = one["requests"].to_numpy()
        start += one.num_rows
    users = [user for one in tables for user in one["user"].to_pylist()]
    return summed(Terms(above, below, np.empty((len(above), 0))), user_codes(users))


def _share(night: Night, release_id: str, day: date) -> float:
    """Share of the requests of `day` that the release answered; 0 if none arrived."""
    where = request_where(night, day)
    if where is None:
        return 0.0
    sql = f"SELECT avg((coalesce(release_id, '') = {_text(release_id)})::INT) AS share FROM rows WHERE {where}"
    return float(night.lake.query(REQUEST, sql).to_pylist()[0]["share"] or 0.0)


def _by_user(night: Night, days: list[date], forecast: Line, release_id: str | None = None) -> pa.Table:
    """(user, total worth, requests) of the slates of `days` all of whose labels are known at the night."""
    asked = [where for day in days if (where := request_where(night, day)) is not None]
    if not asked:
        return pa.table({"user": pa.array([], pa.string()), "total": [], "requests": []})
    of_release = "" if release_id is None else f" AND release_id = {_text(release_id)}"
    sql = f"""
        WITH asked AS (SELECT DISTINCT request_id FROM requests WHERE ({" OR ".join(asked)}){of_release}),
        slots AS (
            SELECT request_id, user_id, {_worth(night, forecast)} AS worth FROM shown
            WHERE {among("event_day", days)} AND {valid_sql(night.day)} AND request_id IN (SELECT request_id FROM asked)
        ),
        slates AS (
            SELECT request_id, any_value(user_id) AS user_id, sum(worth) AS worth
            FROM slots GROUP BY request_id HAVING count(*) = count(worth)
        )
        SELECT coalesce(user_id, request_id) AS "user", sum(worth) AS total, count(*)::DOUBLE AS requests
        FROM slates GROUP BY 1 ORDER BY 1
    """
    return night.lake.across({"requests": REQUEST, "shown": labelled(night.surface)}, sql)


def _worth(night: Night, forecast: Line) -> str:
    """SQL of the value of an impression, of the outcomes that the forecast was about; null if one is not known."""
    wanted = night.surface.value or night.surface.training.positives
    return " + ".join(
        f'{weight!r} * CASE WHEN "{name}_known" <= DATE \'{night.day}\' THEN "{name}" END'
        for name, weight in wanted.items()
        if name not in forecast.left_out
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
