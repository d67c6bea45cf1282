"""gold.daily_counts: what became known on one arrival day, per entity; every window of every feature is a sum of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.entities import SEPARATOR, Entity
from features.feature import IMPRESSIONS
from features.windows import from_micros, micros


def daily_counts(
    labelled: DataFrame, items: DataFrame, days: Sequence[date], entities: Sequence[Entity], outcomes: Sequence[str]
) -> DataFrame:
    """One row per (day, entity, key) that anything became known of on one of the arrival `days`.

    `labelled` holds every silver.labelled row with known_from or known_until among `days`; `items` is silver.item.
    A version that begins on a day counts, one that ends on it counts negatively, so the sum over days up to A is what
    was known at A. Creator and topic are those known at the end of the day; an item without them has no such key.
    """
    measures = (IMPRESSIONS, *outcomes)
    changes = _changes(labelled, days, outcomes)
    # Items repeat and (user, item) pairs hardly do: half of the keys are counted on far fewer rows.
    per_item = changes.groupBy("day", "item_id").agg(*(F.sum(measure).alias(measure) for measure in measures))
    of_users = [entity for entity in entities if "user_id" in entity.key]
    of_items = [entity for entity in entities if "user_id" not in entity.key]
    keyed = _keyed(per_item, items, of_items, measures)
    if of_users:
        keyed = keyed.unionByName(_keyed(changes, items, of_users, measures))
    counted = keyed.groupBy("day", F.col("of.entity").alias("entity"), F.col("of.key").alias("key"))
    return counted.agg(*(from_micros(F.sum(measure)).alias(measure) for measure in measures))


def _changes(labelled: DataFrame, days: Sequence[date], outcomes: Sequence[str]) -> DataFrame:
    """(day, item_id, user_id, measures in millionths): each version where it begins, and negated where it ends."""
    begins = F.struct(F.col("known_from").alias("day"), F.lit(1).alias("sign"))
    ends = F.struct(F.col("known_until").alias("day"), F.lit(-1).alias("sign"))
    dated = F.explode(F.filter(F.array(begins, ends), lambda change: change["day"].isin(list(days))))
    seen = [f"{outcome}_seen" for outcome in outcomes]
    rows = labelled.select(dated.alias("change"), "item_id", "user_id", *seen)
    sign = F.col("change.sign")
    amounts = [micros(F.col(f"{outcome}_seen") * sign).alias(outcome) for outcome in outcomes]
    return rows.select(
        F.col("change.day").alias("day"), "item_id", "user_id", micros(sign).alias(IMPRESSIONS), *amounts
    )


def _keyed(rows: DataFrame, items: DataFrame, entities: Sequence[Entity], measures: Sequence[str]) -> DataFrame:
    """`rows` once for each (entity, key) that they count for, given what was known of their items that day."""
    known = items.selectExpr("item_id AS dim_id", "known_from", "known_until", "creator_id", "topic")
    begun = F.col("known_from") <= F.col("day")
    valid = begun & (F.col("known_until").isNull() | (F.col("known_until") > F.col("day")))
    joined = rows.join(known, (F.col("item_id") == F.col("dim_id")) & valid, "left")
    return joined.select("day", F.explode(_keys(entities)).alias("of"), *measures)


def _keys(entities: Sequence[Entity]) -> Column:
    """The (entity, key) pairs that a row counts for: those none of whose parts is null."""
    pairs = []
    for entity in entities:
        key = F.concat(*_between([F.col(column) for column in entity.key], F.lit(SEPARATOR)))
        pairs.append(F.struct(F.lit(entity.name).alias("entity"), key.alias("key")))
    return F.filter(F.array(*pairs), lambda pair: pair["key"].isNotNull())


def _between(parts: Sequence[Column], separator: Column) -> list[Column]:
    joined = [piece for part in parts for piece in (separator, part)]
    return joined[1:]
