"""gold.samples: labelled impressions with what was known of them the day before, and what their request log froze."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from features.entities import SEPARATOR, Entity


def samples(
    labelled: DataFrame,
    requests: DataFrame,
    items: DataFrame,
    gold: Mapping[str, DataFrame],
    entities: Sequence[Entity],
    *,
    realtime: Sequence[str] = (),
) -> DataFrame:
    """Every row of `labelled` (silver.labelled) once, with context, dimensions and the features of the day before.

    `requests`: bronze.request of the arrival days from the day before the first event day on; `items`: silver.item;
    `gold`: gold.<entity> by entity; `realtime`: names of the values that the request log froze. What is unknown is
    null; no row is dropped.
    """
    rows = _with_request(labelled, requests, realtime)
    rows = _with_item(rows, items)
    rows = rows.withColumn("as_of", F.date_sub("event_day", 1))
    # Crosses first: their tables are too large to broadcast, and rows are cheapest to move while they are narrow.
    for entity in sorted(entities, key=lambda entity: -len(entity.key)):
        rows = _with_entity(rows, gold[entity.name], entity)
    return rows.drop("as_of")


def _with_request(rows: DataFrame, requests: DataFrame, realtime: Sequence[str]) -> DataFrame:
    """Adds country, device, area, history_length and `realtime` values of the first request log row there was by then.

    One that arrives after its impression, or more than a day before the event day, is not used: the context of an
    impression then never changes once its first version is known.
    """
    state, area = _optional(requests, "state", "map<string,float>"), _optional(requests, "area", "string").alias("area")
    values = [state[name].alias(name) for name in realtime]
    length = F.size("history").alias("history_length")
    frozen = F.struct("arrival_day", "requested_at", "country", "device", area, length, *values)
    first = requests.groupBy(F.col("request_id").alias("asked")).agg(
        F.sort_array(F.collect_set(frozen)).alias("logged")
    )
    joined = rows.join(first, F.col("request_id") == F.col("asked"), "left")
    usable = F.filter(
        "logged", lambda one: one["arrival_day"].between(F.date_sub("event_day", 1), F.col("arrival_day"))
    )
    asked = F.get(usable, F.lit(0))
    context = {name: asked[name] for name in ("country", "device", "area", *realtime)}
    context["history_length"] = F.when(asked["history_length"] >= 0, asked["history_length"])
    return joined.withColumns(context).drop("asked", "logged")


def _optional(requests: DataFrame, name: str, kind: str) -> Column:
    """Column `name`, null where the table is older than it."""
    return F.col(name) if name in requests.columns else F.lit(None).cast(kind)


def _with_item(rows: DataFrame, items: DataFrame) -> DataFrame:
    """Adds creator_id, topic and created_at of each item as known the day before its event day.

    An item first known on the event day itself has the attributes of that first version: it was published before it
    could be shown.
    """
    first = F.min("known_from").over(Window.partitionBy("item_id"))
    begins = F.when(F.col("known_from") == first, F.col("known_from")).otherwise(F.date_add("known_from", 1))
    known = items.select(
        F.col("item_id").alias("dim_id"),
        begins.alias("begins"),
        F.date_add("known_until", 1).alias("ends"),
        "creator_id",
        "topic",
        "created_at",
    )
    day = F.col("event_day")
    valid = (F.col("begins") <= day) & (F.col("ends").isNull() | (F.col("ends") > day))
    joined = rows.join(known, (F.col("item_id") == F.col("dim_id")) & valid, "left")
    return joined.drop("dim_id", "begins", "ends")


def _with_entity(rows: DataFrame, features: DataFrame, entity: Entity) -> DataFrame:
    key = F.concat_ws(SEPARATOR, *entity.key)
    for column in entity.key:
        key = F.when(F.col(column).isNotNull(), key)
    keyed = rows.withColumn("key", key)
    return keyed.join(features, ["as_of", "key"], "left").drop("key")
