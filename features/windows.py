"""Batch features from daily counts: each declared window becomes one Spark column; many days in one pass."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.entities import Entity
from features.feature import IMPRESSIONS, Feature, FirstSeen, Window
from features.spans import MICRO, prior_name, ratios


def micros(amount: Column) -> Column:
    """`amount` as a whole number of millionths: sums of these do not depend on the order of rows."""
    return F.rint(amount * MICRO).cast("long")


def from_micros(whole: Column) -> Column:
    """The amount that `micros` made whole."""
    return whole.cast("double") / F.lit(float(MICRO))


def batch_features(
    counts: DataFrame, spans: DataFrame, entity: Entity, features: Sequence[Feature], outcomes: Sequence[str]
) -> DataFrame:
    """One row per (as_of, key) with evidence within the entity's longest window, and a float column per feature.

    `counts`: rows of gold.daily_counts; `spans`: what `features.spans.spans` gives. A key without evidence has no
    row: unknown, not zero.
    """
    evidence = [_Sum(measure, entity.longest) for measure in (IMPRESSIONS, *outcomes)]
    needed = {total.name: total.column() for total in [*evidence, *_sums(features)]}
    needed |= {_first_name(found): _first_seen(found) for found in _firsts(features)}
    needed |= {name: F.first(name) for name in ratios(features)}
    # By key before each row is repeated for every as-of day: moving it once is cheaper than moving its copies.
    keyed = counts.where(F.col("entity") == entity.name).repartition("key")
    aged = keyed.join(F.broadcast(spans), "day")
    aged = aged.where(F.col("age") < entity.longest)
    summed = aged.groupBy("as_of", "key").agg(*(column.alias(name) for name, column in needed.items()))
    values = [_value(feature).cast("float").alias(feature.name) for feature in features]
    return summed.where(_has_evidence(entity, evidence)).select("as_of", "key", *values)


@dataclass(frozen=True)
class _Sum:
    """One sum over a window; features that need the same one share it."""

    measure: str
    days: int
    half_life: float | None = None
    weights: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.measure}_{self.days}{'' if self.half_life is None else '_decayed'}"

    def column(self) -> Column:
        """The aggregate, in millionths, over daily counts that are `age` days old."""
        parts = self.weights or ((self.measure, 1.0),)
        amount = functools.reduce(operator.add, (F.col(name) * weight for name, weight in parts))
        if self.half_life is not None:
            # Looked up, not computed: the JVM's pow may differ in the last bit once it is compiled.
            decay = F.array(*(F.lit(0.5 ** (age / self.half_life)) for age in range(self.days)))
            amount = amount * F.get(decay, F.col("age"))
        return F.sum(F.when(F.col("age") < self.days, micros(amount)).otherwise(F.lit(0)))


def _sums(features: Sequence[Feature]) -> list[_Sum]:
    windows = [feature.computation for feature in features if isinstance(feature.computation, Window)]
    below = [total for total in map(_denominator, windows) if total is not None]
    return [*map(_numerator, windows), *below]


def _numerator(window: Window) -> _Sum:
    return _Sum(window.numerator, window.days, window.half_life, window.weights)


def _denominator(window: Window) -> _Sum | None:
    return None if window.denominator is None else _Sum(window.denominator, window.days, window.half_life)


def _firsts(features: Sequence[Feature]) -> list[FirstSeen]:
    return [feature.computation for feature in features if isinstance(feature.computation, FirstSeen)]


def _first_name(first: FirstSeen) -> str:
    return f"first_seen_{first.days}"


def _first_seen(first: FirstSeen) -> Column:
    return F.max(F.when((F.col(IMPRESSIONS) > 0) & (F.col("age") < first.days), F.col("age")))


def _has_evidence(entity: Entity, evidence: Sequence[_Sum]) -> Column:
    shown, *answered = (F.col(total.name) for total in evidence)
    least = 2 if entity.sparse else 1
    return functools.reduce(operator.or_, (amount > 0 for amount in answered), shown >= least * MICRO)


def _value(feature: Feature) -> Column:
    """The feature as an expression over the sums and priors of its windows."""
    computation = feature.computation
    if isinstance(computation, FirstSeen):
        return F.col(_first_name(computation))
    if not isinstance(computation, Window):
        raise TypeError(f"{feature.name} is not computed from daily counts")
    value = from_micros(F.col(_numerator(computation).name))
    below = _denominator(computation)
    if below is not None:
        mean = F.col(prior_name(computation))
        shown = from_micros(F.col(below.name))
        value = (value + mean * computation.strength) / (shown + F.lit(computation.strength))
    if computation.scale == "lift":
        return F.when(mean > 0, F.log(value / mean))
    return F.log1p(value) if computation.scale == "log1p" else value
