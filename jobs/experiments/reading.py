"""The questions that an experiment asks of the lake: who was in which arm on which day, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from features.tables import labelled
from jobs.night import days_between
from lake.tables import Lake, among
from schemas.errors import UserError
from schemas.tables import BRONZE
from surfaces.experiments import HOLDBACK
from surfaces.surface import Surface

REQUESTS, IMPRESSIONS, VALUE = "requests", "impressions", "value"
TRIGGERS = ("country", "device", "network")
"""Columns of the request log that a trigger may name: what no arm can change."""


@dataclass(frozen=True)
class Asked:
    """Which logs: of `experiment` (a layer, `holdback` for the long-term one, None for everyone in one arm) from
    `first` to `last`, with what users did in the `before` days before it. `trigger`: (column, value) of the request
    log; a unit is triggered by one such request. `outcomes`: those of the surface that are measured; None: all."""

    experiment: str | None
    first: date
    last: date
    before: int = 14
    trigger: tuple[str, str] | None = None
    outcomes: tuple[str, ...] | None = None

    @property
    def begin(self) -> date:
        """The first day of the time before."""
        return self.first - timedelta(days=self.before)


def requests(lake: Lake, surface: Surface, asked: Asked) -> pd.DataFrame:
    """unit, day, arm, triggered: one row a unit, day and arm; the arm is null or empty where there was none."""
    table = BRONZE["request"]
    if not lake.exists(table):
        raise UserError(f"{surface.surface} has no request log: nothing names the arms of its users")
    sql = f"""
        SELECT unit, day, arm, bool_or(triggered) AS triggered FROM ({_by_request(surface, asked)})
        GROUP BY unit, day, arm ORDER BY unit, day, arm"""
    found: pd.DataFrame = lake.query(table, sql).to_pandas()
    found["day"] = pd.to_datetime(found["day"])
    return found


def layers(lake: Lake, surface: Surface, asked: Asked) -> list[str]:
    """The experiment layers that the request log of the range names, sorted."""
    arrived = days_between(asked.first, asked.last + timedelta(days=surface.restate_days))
    sql = f"""
        SELECT DISTINCT split_part(unnest(arms), ':', 1) AS layer FROM rows
        WHERE {among("arrival_day", arrived)} ORDER BY layer"""
    return [str(row["layer"]) for row in lake.query(BRONZE["request"], sql).to_pylist()]


def last_known(lake: Lake, surface: Surface, asked: Asked, notes: list[str]) -> date:
    """The last day up to which every label of the measured outcomes is known; raises UserError if there is none."""
    names = outcomes(surface, asked)
    unknown = " OR ".join(f'"{outcome}" IS NULL' for outcome in names) or "false"
    sql = f"""
        SELECT event_day, count(*) FILTER (WHERE {unknown}) AS open FROM rows
        WHERE event_day BETWEEN DATE '{asked.first}' AND DATE '{asked.last}' AND known_until IS NULL
        GROUP BY event_day ORDER BY event_day"""
    days = lake.query(labelled(surface), sql).to_pylist()
    first_open = min((row["event_day"] for row in days if row["open"]), default=date.max)
    known = [row["event_day"] for row in days if row["event_day"] < first_open]
    if not known:
        raise UserError(
            f"of no day from {asked.first} to {asked.last} all labels of {', '.join(names)} of {surface.surface} are "
            "known",
            fix="run the nights of later days, or ask for earlier days",
        )
    if first_open < date.max:
        count = sum(row["open"] for row in days)
        notes.append(f"{first_open} on: labels of {count:,} impressions are not known yet; these days are left out")
    last: date = known[-1]
    return last


def daily(lake: Lake, surface: Surface, asked: Asked, last: date) -> pd.DataFrame:
    """unit, day, and the sums of what the unit did on it, from the first day before the experiment to `last`."""
    names = outcomes(surface, asked)
    sums = [f'sum(coalesce("{outcome}", 0)) AS "{outcome}"' for outcome in names]
    if surface.value and set(surface.value) <= set(names):
        worth = " + ".join(f'{weight} * coalesce("{outcome}", 0)' for outcome, weight in surface.value.items())
        sums.append(f"sum({worth}) AS {VALUE}")
    sql = f"""
        WITH asked AS ({_by_request(surface, asked).replace("FROM rows", "FROM requests")})
        SELECT {", ".join(["unit, day", f"count(DISTINCT asked.request_id) AS {REQUESTS}", *_counted(sums)])}
        FROM asked LEFT JOIN (
            SELECT * FROM shown
            WHERE known_until IS NULL AND event_day BETWEEN DATE '{asked.begin}' AND DATE '{last}'
        ) AS shown ON asked.request_id = shown.request_id
        WHERE day <= DATE '{last}' GROUP BY unit, day ORDER BY unit, day"""
    found: pd.DataFrame = lake.across({"requests": BRONZE["request"], "shown": labelled(surface)}, sql).to_pandas()
    found["day"] = pd.to_datetime(found["day"])
    return found


def outcomes(surface: Surface, asked: Asked) -> list[str]:
    """The outcomes that are measured, in the surface's order."""
    return [name for name in surface.outcomes if asked.outcomes is None or name in asked.outcomes]


def _counted(sums: Sequence[str]) -> list[str]:
    return [f"count(impression_id) AS {IMPRESSIONS}", *sums]


def _by_request(surface: Surface, asked: Asked) -> str:
    """request_id, unit, day, arm, triggered of every request of the range; the arm is null where there was none."""
    arrived = days_between(asked.begin, asked.last + timedelta(days=surface.restate_days))
    return f"""
        SELECT request_id, any_value(coalesce(user_id, session_id, request_id)) AS unit,
               min(requested_at)::DATE AS day, any_value({_arm(asked.experiment)}) AS arm,
               bool_or(coalesce({_trigger(asked)}, false)) AS triggered
        FROM rows WHERE {among("arrival_day", arrived)}
        GROUP BY request_id HAVING day BETWEEN DATE '{asked.begin}' AND DATE '{asked.last}'"""


def _trigger(asked: Asked) -> str:
    if asked.trigger is None:
        return "true"
    column, value = asked.trigger
    if column not in TRIGGERS:
        raise UserError(f"trigger: found {column!r}; allowed are {', '.join(TRIGGERS)}, which no arm can change")
    return f"{column} = '{value.replace(chr(39), chr(39) * 2)}'"


def _arm(experiment: str | None) -> str:
    if experiment is None:
        return "'all'"
    if experiment == HOLDBACK:
        held = f"list_contains(list_transform(arms, lambda a: split_part(a, ':', 2)), '{HOLDBACK}')"
        return f"CASE WHEN arms IS NULL THEN NULL WHEN {held} THEN '{HOLDBACK}' ELSE 'exposed' END"
    return f"split_part(list_filter(arms, lambda a: split_part(a, ':', 1) = '{experiment}')[1], ':', 2)"
