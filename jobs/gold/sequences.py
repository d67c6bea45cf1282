"""gold.sequence: the last items each user responded to, from an earlier day's sequence and what became known since."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.request import HISTORY


def sequences(
    labelled: DataFrame, before: DataFrame, as_of_days: DataFrame, positives: Mapping[str, float]
) -> DataFrame:
    """One row per (as_of, user): items of the last `HISTORY` responses, oldest first, each item at its latest.

    `labelled` holds every silver.labelled row with known_from after `before`'s day up to the last of `as_of_days`
    (one column, `as_of`); `before` is gold.sequence of one earlier day, empty if there is none. The last k of a whole
    are the last k of its parts' last k, so starting from `before` changes nothing. A response is placed at the time
    its item was shown; ties are broken by item id.
    """
    answered = [F.col(f"{outcome}_seen") > 0 for outcome, weight in positives.items() if weight > 0]
    responses = labelled.where(functools.reduce(operator.or_, answered) & F.col("user_id").isNotNull())
    fresh = responses.select("user_id", "item_id", F.col("shown_at").alias("time"), "known_from")
    fresh = fresh.join(F.broadcast(as_of_days), F.col("known_from") <= F.col("as_of")).drop("known_from")
    zipped = before.select("user_id", F.explode(F.arrays_zip("items", "times")).alias("one"))
    kept = zipped.select("user_id", F.col("one.items").alias("item_id"), F.col("one.times").alias("time"))
    kept = kept.crossJoin(F.broadcast(as_of_days))
    latest = fresh.unionByName(kept).groupBy("as_of", "user_id", "item_id").agg(F.max("time").alias("time"))
    ordered = F.sort_array(F.collect_list(F.struct("time", "item_id")), asc=False)
    last = F.reverse(F.slice(ordered, 1, HISTORY))
    grouped = latest.groupBy("as_of", "user_id").agg(last.alias("last"))
    return grouped.select("as_of", "user_id", F.col("last.item_id").alias("items"), F.col("last.time").alias("times"))
