"""An experiment as a surface's logs have it: who was in which arm, and what they did on each day.

The arm is the one that the request log names; what happened comes from silver.labelled. Users are the units, or
sessions or requests where the log names no users, as in the assignment itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from evaluation.experiments.units import Doubles, Panel, Units
from jobs.experiments.reading import Asked, daily, last_known, layers, requests
from lake.tables import Lake
from schemas.errors import UserError
from surfaces.experiments import HOLDBACK
from surfaces.surface import Surface

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Found:
    """`panel`: columns `requests`, `impressions`, each outcome asked for, and `value` where the surface weighs only
    these. `shares` that the surface file means the arms to have, if it says so. `notes`: what was left out, counted."""

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
    served = requests(lake, surface, asked)
    inside = served.loc[(served["day"] >= pd.Timestamp(asked.first)) & _in_an_arm(served)]
    if inside.empty:
        _tell_what_there_is(lake, surface, asked)
    people = _people(inside, asked, notes)
    last = last_known(lake, surface, asked, notes)
    people = people.loc[people["entered"] <= pd.Timestamp(last)]
    if people.empty:
        raise UserError(
            f"nobody is in one arm of {asked.experiment!r} by {last}, the last day whose labels are known",
            fix="; ".join(notes) or "run the nights of later days",
        )
    rows = daily(lake, surface, asked, last)
    panel = _panel(rows, people, _before(rows, people, served, asked, notes), asked.first)
    return Found(panel, _shares(surface, asked, panel.people.arms, notes), tuple(notes))


def _in_an_arm(served: pd.DataFrame) -> pd.Series:
    return served["arm"].notna() & (served["arm"] != "")


def _tell_what_there_is(lake: Lake, surface: Surface, asked: Asked) -> None:
    if asked.experiment is None:
        raise UserError(f"{surface.surface} has no request from {asked.first} to {asked.last}")
    named = layers(lake, surface, asked)
    there = f"layers in the logs are {', '.join(named)}" if named else "the logs name no layer at all"
    raise UserError(
        f"no request from {asked.first} to {asked.last} was in an arm of {asked.experiment!r}; {there}",
        fix="--experiment names a layer of the surface file's experiments, or holdback",
    )


def _people(inside: pd.DataFrame, asked: Asked, notes: list[str]) -> pd.DataFrame:
    """unit to arm, entered (first day in the experiment) and triggered, of units in one arm."""
    people = inside.groupby("unit").agg(
        arm=("arm", "first"), arms=("arm", "nunique"), entered=("day", "min"), triggered=("triggered", "any")
    )
    crossed = people["arms"] > 1
    if crossed.any():
        notes.append(f"{int(crossed.sum()):,} of {len(people):,} users were in several arms: left out")
    held = people["arm"].eq(HOLDBACK) & ~crossed & (asked.experiment != HOLDBACK)
    if held.any():
        notes.append(f"{int(held.sum()):,} users are held back from all experiments: left out")
    return people.loc[~crossed & ~held]


def _before(
    rows: pd.DataFrame, people: pd.DataFrame, served: pd.DataFrame, asked: Asked, notes: list[str]
) -> pd.DataFrame | None:
    """unit to what it did before the experiment, 0 where nothing; None where that time is not one before it."""
    start = pd.Timestamp(asked.first)
    past = rows.loc[rows["day"] < start]
    if past.empty or asked.experiment in (None, HOLDBACK):
        return None
    if ((served["day"] < start) & _in_an_arm(served) & (served["arm"] != HOLDBACK)).any():
        notes.append(f"the experiment ran before {asked.first} already: nothing is known of users before it (no CUPED)")
        return None
    return past.drop(columns="day").groupby("unit").sum().reindex(people.index).fillna(0.0)


def _panel(rows: pd.DataFrame, people: pd.DataFrame, before: pd.DataFrame | None, first: date) -> Panel:
    start = pd.Timestamp(first)
    rows = rows.loc[(rows["day"] >= start) & rows["unit"].isin(people.index)]
    number = pd.Series(np.arange(len(people)), index=people.index)
    unit = number.loc[rows["unit"]].to_numpy(np.int64)
    day = (rows["day"] - start).dt.days.to_numpy(np.int64)
    entered = np.asarray((people["entered"] - start).dt.days, dtype=np.int64)
    since = day >= entered[unit]
    names = [name for name in rows.columns if name not in ("unit", "day")]
    sums = {name: rows[name].to_numpy(np.float64)[since] for name in names}
    past = {} if before is None else {name: before[name].to_numpy(np.float64) for name in names}
    return Panel(_described(people, past), unit[since], day[since], sums, entered)


def _described(people: pd.DataFrame, past: dict[str, Doubles]) -> Units:
    arms = tuple(sorted(people["arm"].unique()))
    code = {arm: number for number, arm in enumerate(arms)}
    triggered = people["triggered"].to_numpy(bool)
    return Units(
        arms,
        people["arm"].map(code).to_numpy(np.int64),
        {},
        past,
        triggered=None if triggered.all() else triggered,
    )


def _shares(surface: Surface, asked: Asked, arms: tuple[str, ...], notes: list[str]) -> dict[str, float] | None:
    """What the surface file means the arms to have; None, and a note, where it does not know all of them."""
    if asked.experiment is None:
        return None
    if asked.experiment == HOLDBACK and 0 < surface.experiments.holdback < 1:
        return {HOLDBACK: surface.experiments.holdback, "exposed": 1 - surface.experiments.holdback}
    layer = surface.experiments.layers.get(asked.experiment)
    if layer is not None and all(arm in layer.arms and layer.arms[arm].share > 0 for arm in arms):
        return {arm: layer.arms[arm].share for arm in arms}
    notes.append(
        f"the surface file says no shares for arms {', '.join(arms)} of {asked.experiment}: equal ones are assumed; "
        "--share says others"
    )
    return None
