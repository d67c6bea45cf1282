"""Every version of a dimension row with the days it was the known one (slowly changing dimension, type 2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.counter import Counter
from schemas.contract import Contract

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

UNCOMPARED = ("schema_version", "updated_at")
"""Fields in which a new row may differ without being a new version."""


def versions(rows: DataFrame, layer: Contract, days: Sequence[date], counts: Counter) -> DataFrame:
    """The versions of dimension `layer` in `rows` (its bronze): one per key and arrival day on which it changed.

    Of a key's rows of one arrival day the one updated last counts (then the greatest by content). `counts` gets, for
    each of `days`, the rows that such a one `superseded` and those that were `unchanged` from the version before.
    """
    key = list(layer.key)
    content = [name for name in layer.names if name not in (*key, *UNCOMPARED)]
    within_day = Window.partitionBy(*key, "arrival_day").orderBy(
        F.col("updated_at").desc(), *(F.col(name).desc() for name in (*content, "schema_version"))
    )
    over_days = Window.partitionBy(*key, "rank").orderBy("arrival_day")
    ranked = rows.withColumn("rank", F.row_number().over(within_day)).withColumn("state", F.struct(*content))
    last = F.col("rank") == 1
    same = last & F.coalesce(F.lag("state").over(over_days).eqNullSafe(F.col("state")), F.lit(False))
    judged = ranked.withColumn("unchanged", same & F.lag("state").over(over_days).isNotNull())
    reasons = {"superseded": ~last, "unchanged": F.col("unchanged")}
    judged = counts.watch(judged, "arrival_day", days, reasons)
    kept = judged.where(last & ~F.col("unchanged")).withColumn("known_from", F.col("arrival_day"))
    until = F.lead("known_from").over(Window.partitionBy(*key).orderBy("known_from"))
    return kept.withColumn("known_until", until).select(*layer.names, "known_from", "known_until")
