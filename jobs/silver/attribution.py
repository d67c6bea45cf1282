"""Impressions and their outcomes become versioned, labelled rows: transforms of Spark frames, nothing read or written.

An impression counts if it arrived at most `restate_days` after its event day, and so does an outcome. Repeats of an
impression (by impression_id) and of an outcome (by outcome_id, within its impression) give way to the first to arrive;
among those of one day the order is event time, then content. So a partition of silver.labelled is a function of the
arrival days around its event day and of nothing else, whatever else is read with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.counter import Counter
from surfaces.surface import Outcome, Surface

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SHOWN = ("request_id", "user_id", "item_id", "position", "propensity", "source", "explored")
"""What silver.labelled keeps of an impression beside its key and its times."""

ASIDE = ("orphan", "late_arrival", "duplicate", "before_impression", "outside_window", "unknown_outcome")
"""Why an outcome is set aside."""


@dataclass(frozen=True)
class Scope:
    """What one run of the join makes: partitions of `event_days`, knowing of arrivals up to `horizon`.

    The outcomes (and impressions) that arrived on `arrival_days` are accounted for in the ledger.
    """

    surface: Surface
    event_days: Sequence[date]
    arrival_days: Sequence[date]
    horizon: date


@dataclass(frozen=True)
class Counts:
    """What Spark counts in passing while it writes; filled when the write is done."""

    read: Counter = field(default_factory=lambda: Counter("read"))
    repeats: Counter = field(default_factory=lambda: Counter("repeats"))
    outcomes: Counter = field(default_factory=lambda: Counter("outcomes"))


def in_time(impressions: DataFrame, scope: Scope) -> DataFrame:
    """The rows of bronze.impression that arrived early enough to count, with their `event_day`."""
    dated = impressions.withColumn("event_day", F.to_date("shown_at"))
    return dated.where(F.col("arrival_day") <= F.date_add("event_day", scope.surface.restate_days))


def attribute(impressions: DataFrame, outcomes: DataFrame, scope: Scope, counts: Counts) -> DataFrame:
    """silver.labelled from every impression by the exact path: one shuffle of both sides, whole rows of both."""
    counted = _counting_in(impressions, scope, counts)
    return labels(exact(counted, outcomes, scope, counts), scope)


def attribute_touched(impressions: DataFrame, outcomes: DataFrame, scope: Scope, counts: Counts) -> DataFrame:
    """The same rows as `attribute`, but only impressions that occur twice or have an outcome take the exact path.

    The hashes of their ids are broadcast; all others go straight to the output. A collision of hashes only sends one
    impression more down the exact path. `impressions` is scanned three times, once for its ids alone.
    """
    hashed = impressions.withColumn("id_hash", F.xxhash64("impression_id"))
    counted = _counting_in(hashed, scope, counts)
    twice = counted.groupBy("id_hash").count().where("count > 1").select("id_hash")
    answered = outcomes.select(F.xxhash64("impression_id").alias("id_hash"))
    touched = F.broadcast(twice.union(answered).distinct())
    straight = hashed.join(touched, "id_hash", "left_anti").where(F.col("event_day").isin(list(scope.event_days)))
    winding = exact(hashed.join(touched, "id_hash", "left_semi"), outcomes, scope, counts)
    return labels(untouched(straight, scope.surface).unionByName(winding), scope)


def untouched(impressions: DataFrame, surface: Surface) -> DataFrame:
    """Impressions that occur once and have no outcome, as their only version."""
    return impressions.select(
        "event_day",
        "impression_id",
        *SHOWN,
        "shown_at",
        "arrival_day",
        F.col("arrival_day").alias("known_from"),
        F.lit(None).cast("date").alias("known_until"),
        *(F.lit(0.0).alias(f"{name}_seen") for name in surface.outcomes),
    )


def exact(impressions: DataFrame, outcomes: DataFrame, scope: Scope, counts: Counts) -> DataFrame:
    """Versions of the impressions of `scope.event_days`, with what had been observed by each (`<outcome>_seen`)."""
    judged = _judged(_events(impressions, outcomes), scope)
    repeated = F.col("outcome").isNull() & (F.col("place") > 1)
    observed = counts.repeats.watch(judged, "event_day", scope.event_days, {"duplicate": repeated})
    by_status = {status: F.col("status") == status for status in ("out", *ASIDE)}
    observed = counts.outcomes.watch(observed, "arrival_day", scope.arrival_days, by_status)
    first = F.col("outcome").isNull() & (F.col("place") == 1)
    kept = observed.where((first | F.col("accepted")) & F.col("shown.event_day").isin(list(scope.event_days)))
    return _versions(kept, scope.surface)


def labels(versions: DataFrame, scope: Scope) -> DataFrame:
    """`versions` with each outcome's label and the day it became known; null while its window is open."""
    columns = {}
    for name, outcome in scope.surface.outcomes.items():
        closed = F.to_date(F.col("shown_at") + F.lit(outcome.window))
        known = F.greatest(closed, F.col("known_from"))
        columns[f"{name}_known"] = known
        columns[name] = F.when(known <= F.lit(scope.horizon), F.col(f"{name}_seen"))
    return versions.withColumns(columns)


def _counting_in(impressions: DataFrame, scope: Scope, counts: Counts) -> DataFrame:
    return counts.read.watch(impressions, "event_day", scope.event_days, {"in": F.lit(True)})


def _events(impressions: DataFrame, outcomes: DataFrame) -> DataFrame:
    """Impressions and outcomes in one frame, so that one shuffle brings both together.

    An impression has `content` (a struct of it all); an outcome has `outcome`, `outcome_id` and `value`.
    """
    content = F.struct("arrival_day", "shown_at", *SHOWN, "event_day")
    shown = impressions.select(
        "impression_id",
        "arrival_day",
        F.col("shown_at").alias("at"),
        content.alias("content"),
        "event_day",
        F.lit(None).cast("string").alias("outcome_id"),
        F.lit(None).cast("string").alias("outcome"),
        F.lit(None).cast("double").alias("value"),
    )
    happened = outcomes.select(
        "impression_id",
        "arrival_day",
        F.col("occurred_at").alias("at"),
        F.lit(None).alias("content"),
        F.lit(None).cast("date").alias("event_day"),
        "outcome_id",
        "outcome",
        "value",
    )
    return shown.union(happened)


def _judged(events: DataFrame, scope: Scope) -> DataFrame:
    """`events` with the impression `shown` they belong to, their `place` among repeats and outcomes' `status`.

    `accepted` says whether an outcome counts; `status` says the same as known on the very day it arrived: an outcome
    that came before its impression did was an orphan then, and counts from the impression's arrival on.
    """
    together = Window.partitionBy("impression_id").orderBy(
        "outcome_id", "arrival_day", "at", "content", "outcome", "value"
    )
    placed = events.withColumns(
        {
            "shown": F.first("content").over(together.rowsBetween(Window.unboundedPreceding, Window.currentRow)),
            "place": F.row_number().over(together),
            "repeat": F.col("outcome_id").isNotNull()
            & F.coalesce(F.lag("outcome_id").over(together) == F.col("outcome_id"), F.lit(False)),
        }
    )
    restate_days = scope.surface.restate_days
    window = _by_outcome({name: outcome.window for name, outcome in scope.surface.outcomes.items()})
    oldest = F.date_sub("arrival_day", restate_days)
    within = F.coalesce(F.col("shown.event_day") >= oldest, F.lit(False))
    fault = (
        F.when(F.col("repeat"), "duplicate")
        .when(F.col("at") < F.col("shown.shown_at"), "before_impression")
        .when(F.col("at") > F.col("shown.shown_at") + window, "outside_window")
        .when(window.isNull(), "unknown_outcome")
    )
    lost = F.when(F.to_date("at") < oldest, "late_arrival").otherwise("orphan")
    arrived = within & (F.col("shown.arrival_day") <= F.col("arrival_day"))
    is_outcome = F.col("outcome").isNotNull()
    return placed.withColumns(
        {
            "accepted": is_outcome & within & fault.isNull(),
            "status": F.when(is_outcome, F.when(~arrived, lost).otherwise(F.coalesce(fault, F.lit("out")))),
        }
    )


def _versions(kept: DataFrame, surface: Surface) -> DataFrame:
    """One row per impression and day on which something of it became known, with all that had been seen by then."""
    known_from = F.greatest(F.col("arrival_day"), F.col("shown.arrival_day"))
    by_day = Window.partitionBy("impression_id").orderBy("known_from", F.col("outcome").isNotNull(), "at", "outcome_id")
    so_far = by_day.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    seen = {f"{name}_seen": _seen(name, outcome).over(so_far) for name, outcome in surface.outcomes.items()}
    running = kept.withColumn("known_from", known_from).withColumns(
        {"known_until": F.lead("known_from").over(by_day), **seen}
    )
    last_of_day = F.col("known_until").isNull() | (F.col("known_until") > F.col("known_from"))
    return running.where(last_of_day).select(
        "shown.event_day",
        "impression_id",
        *(f"shown.{name}" for name in SHOWN),
        "shown.shown_at",
        "shown.arrival_day",
        "known_from",
        "known_until",
        *(_capped(name, outcome).alias(f"{name}_seen") for name, outcome in surface.outcomes.items()),
    )


def _seen(name: str, outcome: Outcome) -> Column:
    mine = F.col("outcome") == name
    if outcome.kind == "sum":
        return F.sum(F.when(mine, F.col("value")))
    happened = F.coalesce(F.col("value"), F.lit(1.0))
    return F.max(F.when(mine, F.least(F.greatest(happened, F.lit(0.0)), F.lit(1.0))))


def _capped(name: str, outcome: Outcome) -> Column:
    seen = F.coalesce(F.col(f"{name}_seen"), F.lit(0.0))
    return seen if outcome.cap is None else F.least(seen, F.lit(outcome.cap))


def _by_outcome(values: Mapping[str, object]) -> Column:
    """The value of the row's outcome; null for one that the surface does not name."""
    first, *rest = values.items()
    start = F.when(F.col("outcome") == first[0], F.lit(first[1]))
    return reduce(lambda chain, one: chain.when(F.col("outcome") == one[0], F.lit(one[1])), rest, start)
