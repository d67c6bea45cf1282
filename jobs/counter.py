"""Rows counted per day by Spark in passing, in the same job that writes what passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


class Counter:
    """Counts of one place in a plan. It watches one frame, once; its figures are there when that was written."""

    def __init__(self, name: str) -> None:
        self._observation = Observation(name)

    def watch(
        self, frame: DataFrame, day: str, days: Sequence[date], conditions: Mapping[str, Column], *more: Column
    ) -> DataFrame:
        """`frame`, counting its rows for which each of `conditions` holds, per value of column `day` in `days`.

        `more` are further aggregates, by their alias.
        """
        counts = (
            F.count_if(condition & (F.col(day) == F.lit(of_day))).alias(f"{name} {of_day}")
            for name, condition in conditions.items()
            for of_day in days
        )
        return frame.observe(self._observation, *counts, *more)

    def of(self, name: str, day: date) -> int:
        """Rows of `day` for which the condition `name` held. Spark reports nothing of a frame without rows: 0."""
        return int(self.figures.get(f"{name} {day}") or 0)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Everything that was counted, by alias; waits until the frame was written."""
        found: dict[str, Any] = self._observation.get
        return found
