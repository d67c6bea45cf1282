"""An experiment as a surface's logs have it: who was in which arm, and what they did on each day.

The arm is the one that the request log names; what happened comes from silver.labelled. Users are the units, or
sessions or requests where the log names no users, as in the assignment itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from evaluation.experiments.units import Codes, Panel, Units
from features.tables import labelled
from jobs.night import days_between
from lake.tables import Lake, among
from schemas.errors import UserError
from schemas.tables import BRONZE
from surfaces.experiments import HOLDBACK
from surfaces.surface import Surface

_NAME = re.compile(r"[a-z][a-z0-9_]*")
REQUESTS, IMPRESSIONS, VALUE = "requests", "impressions", "value"
TRIGGERS = ("country", "device", "network")
"""Columns of the request log that a trigger may name: what no arm can change."""


@dataclass(frozen=True)
class Asked:
    """Which logs: of `experiment` (a layer, `holdback` for the long-term one, None for everyone in one arm) from
    `first` to `last`, with what users did in the `before` days before it. `trigger`: (column, value) of the request
    log; a unit is triggered by one such request."""

    experiment: str | None
    first: date
    last: date
    before: int = 14
    trigger: tuple[str, str] | None = None


@dataclass(frozen=True)
class Found:
    """`panel`: columns `requests`, `impressions`, each outcome, and `value` where the surface weighs outcomes. `shares`
    that the surface file means the arms to have, if it says so. `notes`: what was left out, counted."""

    panel: Panel
    shares: dict[str, float] | None
    notes: tuple[str, ...]


def found_in(lake: Lake, surface: Surface, asked: Asked) -> Found:
    """Read the experiment; raises UserError, naming what there is, where the logs do not have it."""
    if asked.last < asked.first:
        raise UserError(f"from {asked.first} to {asked.last}: the last day lies before the first")
    if asked.experiment is not None and not _NAME.fullmatch(asked.experiment):
        raise UserError(f"experiment: found {asked.experiment!r}; allowed is the name of a layer, or {HOLDBACK}")
    notes: list[str] = []
    requests = _requests(lake, surface, asked)
    people = _people(requests.loc[requests["day"] >= pd.Timestamp(asked.first)], asked, notes)
    last = _last_known(lake, surface, asked, notes)
    daily = _daily(lake, surface, asked, last)
    before = _before(daily, people, requests, asked, notes)
    rows = daily.loc[(daily["day"] >= pd.Timestamp(asked.first)) & daily["unit"].isin(people.index)]
    panel = _panel(rows, people, before, asked.first, last)
    return Found(panel, _shares(surface, asked, panel.people.arms), tuple(notes))


def _requests(lake: Lake, surface: Surface, asked: Asked) -> pd.DataFrame:
    """unit, day, arm, triggered: one row a unit, day and arm."""
    table = BRONZE["request"]
    if not lake.exists(table):
        raise UserError(f"{surface.surface} has no request log: nothing names the arms of its users")
    sql = f"""
        SELECT unit, day, arm, bool_or(triggered) AS triggered FROM ({_by_request(surface, asked)})
        GROUP BY unit, day, arm"""
    found: pd.DataFrame = lake.query(table, sql).to_pandas()
    found["day"] = pd.to_datetime(found["day"])
    return found


def _by_request(surface: Surface, asked: Asked) -> str:
    """request_id, unit, day, arm, triggered of every request of the range; the arm is null where there was none."""
    begin = asked.first - timedelta(days=asked.before)
    arrived = days_between(begin, asked.last + timedelta(days=surface.restate_days))
    trigger = "true"
    if asked.trigger is not None:
        column, value = asked.trigger
        if column not in TRIGGERS:
            raise UserError(f"trigger: found {column!r}; allowed are {', '.join(TRIGGERS)}, which no arm can change")
        trigger = f"{column} = '{value.replace(chr(39), chr(39) * 2)}'"
    return f"""
        SELECT request_id, any_value(coalesce(user_id, session_id, request_id)) AS unit,
               min(requested_at)::DATE AS day, any_value({_arm(asked.experiment)}) AS arm,
               bool_or(coalesce({trigger}, false)) AS triggered
        FROM rows WHERE {among("arrival_day", arrived)}
        GROUP BY request_id HAVING day BETWEEN DATE '{begin}' AND DATE '{asked.last}'"""


def _arm(experiment: str | None) -> str:
    if experiment is None:
        return "'all'"
    if experiment == HOLDBACK:
        held = f"list_contains(list_transform(arms, a -> split_part(a, ':', 2)), '{HOLDBACK}')"
        return f"CASE WHEN arms IS NULL THEN NULL WHEN {held} THEN '{HOLDBACK}' ELSE 'exposed' END"
    return f"split_part(list_filter(arms, a -> split_part(a, ':', 1) = '{experiment}')[1], ':', 2)"


def _people(requests: pd.DataFrame, asked: Asked, notes: list[str]) -> pd.DataFrame:
    """unit to arm, entered (first day in the experiment) and triggered, of units in one arm."""
    inside = requests.loc[requests["arm"].notna() & (requests["arm"] != "")]
    if inside.empty:
        raise UserError(
            f"no request from {asked.first} to {asked.last} was in an arm of {asked.experiment!r}",
            fix="--experiment names a layer of the surface file's experiments, or holdback",
        )
    people = inside.groupby("unit").agg(
        arm=("arm", "first"), arms=("arm", "nunique"), entered=("day", "min"), triggered=("triggered", "any")
    )
    crossed = people["arms"] > 1
    if crossed.any():
        notes.append(f"{int(crossed.sum()):,} of {len(people):,} users were in several arms: left out")
    held = people["arm"].eq(HOLDBACK) & (asked.experiment != HOLDBACK)
    if held.any():
        notes.append(f"{int(held.sum()):,} users are held back from all experiments: left out")
    return people.loc[~crossed & ~held]


def _last_known(lake: Lake, surface: Surface, asked: Asked, notes: list[str]) -> date:
    """The last day of which every label is known; raises UserError if there is none."""
    unknown = " OR ".join(f'"{outcome}" IS NULL' for outcome in surface.outcomes)
    sql = f"""
        SELECT event_day, count(*) FILTER (WHERE {unknown}) AS open FROM rows
        WHERE event_day BETWEEN DATE '{asked.first}' AND DATE '{asked.last}' AND known_until IS NULL
        GROUP BY event_day ORDER BY event_day"""
    days = lake.query(labelled(surface), sql).to_pylist()
    known = [row["event_day"] for row in days if not row["open"]]
    open_days = [row for row in days if row["open"] and (not known or row["event_day"] > known[-1])]
    if not known:
        raise UserError(
            f"of no day from {asked.first} to {asked.last} are all labels of {surface.surface} known",
            fix="run the nights of later days, or ask for earlier days",
        )
    if open_days:
        count = sum(row["open"] for row in open_days)
        notes.append(f"{open_days[0]['event_day']} on: labels of {count:,} impressions are not known yet; left out")
    last: date = known[-1]
    return last


def _daily(lake: Lake, surface: Surface, asked: Asked, last: date) -> pd.DataFrame:
    """unit, day, and the sums of what the unit did on it; a label that is not known is 0 in days before `last` only
    where its impression is too."""
    sums = [f'sum(coalesce("{outcome}", 0)) AS "{outcome}"' for outcome in surface.outcomes]
    if surface.value:
        worth = " + ".join(f'{weight} * coalesce("{outcome}", 0)' for outcome, weight in surface.value.items())
        sums.append(f"sum({worth}) AS {VALUE}")
    begin = asked.first - timedelta(days=asked.before)
    sql = f"""
        WITH asked AS ({_by_request(surface, asked).replace("FROM rows", "FROM requests")})
        SELECT unit, day, count(DISTINCT asked.request_id) AS {REQUESTS}, count(impression_id) AS {IMPRESSIONS},
               {", ".join(sums)}
        FROM asked LEFT JOIN (
            SELECT * FROM shown WHERE known_until IS NULL AND event_day BETWEEN DATE '{begin}' AND DATE '{last}'
        ) AS shown ON asked.request_id = shown.request_id
        WHERE day <= DATE '{last}' GROUP BY unit, day"""
    found: pd.DataFrame = lake.across({"requests": BRONZE["request"], "shown": labelled(surface)}, sql).to_pandas()
    found["day"] = pd.to_datetime(found["day"])
    return found


def _before(
    daily: pd.DataFrame, people: pd.DataFrame, requests: pd.DataFrame, asked: Asked, notes: list[str]
) -> pd.DataFrame | None:
    """unit to what it did before the experiment, 0 where nothing; None where that time is not one before it."""
    start = pd.Timestamp(asked.first)
    past = daily.loc[daily["day"] < start]
    if past.empty or asked.experiment is None:
        return None
    begun = requests.loc[(requests["day"] < start) & requests["arm"].notna() & (requests["arm"] != "")]
    if len(begun) and asked.experiment != HOLDBACK:
        notes.append(f"the experiment ran before {asked.first} already: nothing is known of users before it (no CUPED)")
        return None
    if asked.experiment == HOLDBACK:
        return None
    return past.drop(columns="day").groupby("unit").sum().reindex(people.index).fillna(0.0)


def _panel(rows: pd.DataFrame, people: pd.DataFrame, before: pd.DataFrame | None, first: date, last: date) -> Panel:
    people = people.loc[people["entered"] <= pd.Timestamp(last)]
    arms = tuple(sorted(people["arm"].unique()))
    code = {arm: number for number, arm in enumerate(arms)}
    number = pd.Series(np.arange(len(people)), index=people.index)
    rows = rows.loc[rows["unit"].isin(people.index)]
    entered: Codes = (people["entered"] - pd.Timestamp(first)).dt.days.to_numpy(np.int64)
    unit, day = (
        number.loc[rows["unit"]].to_numpy(np.int64),
        (rows["day"] - pd.Timestamp(first)).dt.days.to_numpy(np.int64),
    )
    since = day >= entered[unit]
    names = [name for name in rows.columns if name not in ("unit", "day")]
    sums = {name: rows[name].to_numpy(np.float64)[since] for name in names}
    past = {} if before is None else {name: before.loc[people.index, name].to_numpy(np.float64) for name in names}
    triggered = people["triggered"].to_numpy(bool)
    units = Units(
        arms,
        people["arm"].map(code).to_numpy(np.int64),
        {},
        past,
        triggered=None if triggered.all() else triggered,
    )
    return Panel(units, unit[since], day[since], sums, entered)


def _shares(surface: Surface, asked: Asked, arms: tuple[str, ...]) -> dict[str, float] | None:
    """What the surface file means the arms to have; None where it does not know all of them."""
    if asked.experiment == HOLDBACK and 0 < surface.experiments.holdback < 1:
        return {HOLDBACK: surface.experiments.holdback, "exposed": 1 - surface.experiments.holdback}
    layer = surface.experiments.layers.get(asked.experiment or "")
    if layer is None or any(arm not in layer.arms for arm in arms):
        return None
    return {arm: layer.arms[arm].share for arm in arms}
