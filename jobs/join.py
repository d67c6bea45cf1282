"""Impressions with their outcomes into silver.labelled, dimensions into silver.item and silver.user.

What the ledger of this job says, by input:

- `impression`, `outcome`: rows of bronze that arrived on the day, as known on that very day. Impressions go on unless
  they came too late (`late_impression`); outcomes unless they are an orphan, late, a duplicate or out of their window.
- `silver.labelled`: rows of bronze of the event day, out of which came that many impressions, the rest `duplicate`.
- `label:<outcome>`: impressions of the event day, of which that many have a label, the rest are `immature`.
- `silver.item`, `silver.user`: rows that arrived on the day and became a version, were superseded, or changed nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from jobs.counter import Counter
from jobs.ingest import LOOKBACK_DAYS
from jobs.night import Night, StepReport, days_between
from jobs.silver import dimensions
from jobs.silver.attribution import ASIDE, Counts, Scope, attribute, attribute_touched, in_time
from lake import ledger, spark
from lake.ledger import Entry
from schemas.contract import Contract
from schemas.errors import UserError
from schemas.logs import ITEM, USER
from schemas.tables import BRONZE, dimension, labelled

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

JOB = "join"
IMPRESSION, OUTCOME = BRONZE["impression"], BRONZE["outcome"]
MOST_BROADCAST = 2_000_000
"""Outcomes beyond which the ids of touched impressions are not broadcast (some 100 MB in every executor)."""


def run(night: Night) -> StepReport:
    """Restate every event day that arrivals not yet joined can change, in one commit; and both dimensions.

    Raises UserError if the night's day was never ingested, InfrastructureError if the ledger does not add up.
    """
    if not (night.lake.days(IMPRESSION) | night.lake.days(OUTCOME)):
        raise UserError(
            f"nothing of surface {night.surface.surface} was ingested yet", fix="run the night's ingest first"
        )
    scope = scope_of(night)
    with spark.session(night.home) as session:
        entries = [*join(session, night, scope)]
        for layer in (ITEM, USER):
            entries += restate_dimension(session, night, layer, scope.arrival_days)
    return _report(night, scope, ledger.record(night.lake, JOB, entries))


def scope_of(night: Night) -> Scope:
    """The event days to restate: those that arrivals of the night, or earlier ones not yet joined, can change.

    An earlier arrival day is joined if the ledger says that as many rows of it were joined as bronze holds now; so a
    day that was landed late, or whose night never ran, is caught up. A day without logs counts as one with no rows.
    """
    reach = night.surface.restate_days
    arrival_days = [*_not_joined(night), night.day]
    event_days = {day for arrival in arrival_days for day in days_between(arrival - timedelta(days=reach), arrival)}
    ingested = night.lake.days(IMPRESSION) | night.lake.days(OUTCOME)
    first = min(ingested) - timedelta(days=reach)
    return Scope(
        surface=night.surface,
        event_days=sorted(day for day in event_days if day >= first),
        arrival_days=arrival_days,
        horizon=max(ingested | {night.day}),
    )


def join(session: SparkSession, night: Night, scope: Scope) -> list[Entry]:
    """Write silver.labelled for the scope's event days and say what became of every row that was read."""
    reach = timedelta(days=scope.surface.restate_days)
    first, last = scope.event_days[0], scope.event_days[-1] + reach
    impressions = in_time(_arrived(session, night, IMPRESSION, first - reach, last), scope)
    outcomes = _arrived(session, night, OUTCOME, first, last)
    answers = sum(night.lake.tally(OUTCOME, days_between(first, last), by=("arrival_day",)).values())
    plan = attribute_touched if answers <= MOST_BROADCAST else attribute
    counts = Counts()
    night.lake.write_days(plan(impressions, outcomes, scope, counts), _table(night), scope.event_days)
    return account(night, scope, counts)


def account(night: Night, scope: Scope, counts: Counts) -> list[Entry]:
    """The entries of the join proper; rows out are counted in the table as it now stands."""
    return [*_arrivals(night, scope, counts), *_event_days(night, scope, counts)]


def restate_dimension(session: SparkSession, night: Night, layer: Contract, days: Sequence[date]) -> list[Entry]:
    """Write silver.item or silver.user anew from all of its bronze; accounts for the rows that arrived on `days`.

    Logs that never brought a dimension have an empty one.
    """
    bronze, table = BRONZE[layer.name], dimension(layer)
    if not night.lake.exists(bronze):
        night.lake.write_arrow(table.arrow().empty_table(), table, "true")
        return []
    counts = Counter(table.name)
    night.lake.write_whole(dimensions.versions(night.lake.frame(session, bronze), layer, days, counts), table)
    rows_in = night.lake.tally(bronze, days, by=("arrival_day",))
    began = night.lake.tally(table, days, by=("known_from",), day="known_from")
    return [
        Entry(
            day,
            table.name,
            rows_in.get((day,), 0),
            began.get((day,), 0),
            {reason: counts.of(reason, day) for reason in ("superseded", "unchanged")},
        )
        for day in days
    ]


def _not_joined(night: Night) -> list[date]:
    surface = night.surface
    first = night.day - timedelta(days=surface.training.window_days + surface.restate_days + LOOKBACK_DAYS)
    ingested = {day for day in night.lake.days(IMPRESSION) | night.lake.days(OUTCOME) if first <= day < night.day}
    if not ingested:
        return []
    days = days_between(min(ingested), night.day - timedelta(days=1))
    joined = {table.name: ledger.rows_in(night.lake, JOB, _input(table)) for table in (IMPRESSION, OUTCOME)}
    held = {table.name: night.lake.tally(table, days, by=("arrival_day",)) for table in (IMPRESSION, OUTCOME)}
    return [
        day
        for day in days
        if any(joined[name].get(day) != held[name].get((day,), 0) for name in (IMPRESSION.name, OUTCOME.name))
    ]


def _arrived(session: SparkSession, night: Night, table: Contract, first: date, last: date) -> DataFrame:
    return night.lake.frame(session, table).where(f"arrival_day BETWEEN DATE '{first}' AND DATE '{last}'")


def _arrivals(night: Night, scope: Scope, counts: Counts) -> list[Entry]:
    days, reach = scope.arrival_days, scope.surface.restate_days
    late = f"date_diff('day', shown_at::DATE, arrival_day) > {reach}"
    shown = night.lake.tally(IMPRESSION, days, by=("arrival_day",))
    in_time = night.lake.tally(IMPRESSION, days, by=("arrival_day",), where=f"NOT ({late})")
    too_late = night.lake.tally(IMPRESSION, days, by=("arrival_day",), where=late)
    happened = night.lake.tally(OUTCOME, days, by=("arrival_day",))
    entries = []
    for day in days:
        key = (day,)
        aside = {"late_impression": too_late.get(key, 0)}
        entries.append(Entry(day, _input(IMPRESSION), shown.get(key, 0), in_time.get(key, 0), aside))
        reasons = {reason: counts.outcomes.of(reason, day) for reason in ASIDE}
        entries.append(Entry(day, _input(OUTCOME), happened.get(key, 0), counts.outcomes.of("out", day), reasons))
    return entries


def _event_days(night: Night, scope: Scope, counts: Counts) -> list[Entry]:
    table, days = _table(night), scope.event_days
    current = night.lake.tally(table, days, by=("event_day",), where="known_until IS NULL")
    entries = []
    for day in days:
        impressions = current.get((day,), 0)
        aside = {"duplicate": counts.repeats.of("duplicate", day)}
        entries.append(Entry(day, table.name, counts.read.of("in", day), impressions, aside))
    for outcome in scope.surface.outcomes:
        known, open_ = (
            night.lake.tally(table, days, by=("event_day",), where=f'known_until IS NULL AND "{outcome}" {test}')
            for test in ("IS NOT NULL", "IS NULL")
        )
        entries += [
            Entry(
                day,
                f"label:{outcome}",
                current.get((day,), 0),
                known.get((day,), 0),
                {"immature": open_.get((day,), 0)},
            )
            for day in days
        ]
    return entries


def _table(night: Night) -> Contract:
    return labelled(list(night.surface.outcomes))


def _input(table: Contract) -> str:
    return table.name.removeprefix("bronze.")


def _report(night: Night, scope: Scope, entries: Sequence[Entry]) -> StepReport:
    of_night = [entry for entry in entries if entry.day == night.day]
    restated = [entry for entry in entries if entry.input == _table(night).name]
    outcome = next(entry for entry in of_night if entry.input == _input(OUTCOME))
    return StepReport(
        rows=sum(entry.rows_out for entry in restated),
        summary=f"{len(scope.event_days)} event days restated, {outcome.rows_out:,} outcomes attributed",
        ledger=of_night,
        figures={
            "event_days": [str(day) for day in scope.event_days],
            "arrival_days": [str(day) for day in scope.arrival_days],
            "horizon": str(scope.horizon),
        },
    )
