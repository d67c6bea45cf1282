"""Feedmill's side: a Spark server of its own, cold and then warm, and the three jobs as a night runs them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from infra.bench.measure import Measured, measured, middle
from jobs import features, ingest, join
from jobs.night import Night
from lake import spark
from schemas.errors import UserError

STAGES: dict[str, Callable[[Night], object]] = {"ingest": ingest.run, "join": join.run, "features": features.run}


@dataclass(frozen=True)
class Ours:
    """Each stage on a server that has just started, and on the same one after that; `start` is the server's own."""

    start: Measured
    cold: dict[str, Measured]
    warm: dict[str, Measured]


def bench(night: Night, repeats: int) -> Ours:
    """The night once on a cold server and `repeats` times on a warm one, each time into an empty lake.

    Raises UserError where SPARK_REMOTE names a cluster: its memory and its state are not ours to measure.
    """
    if os.environ.get("SPARK_REMOTE"):
        raise UserError("SPARK_REMOTE is set; the benchmark measures a Spark server of its own", fix="unset it")
    spark.stop(night.home)
    start = measured(os.getpid(), lambda: spark.start(night.home))
    try:
        cold = run(night)
        return Ours(start, cold, middle([run(night) for _ in range(repeats)]))
    finally:
        spark.stop(night.home)


def run(night: Night) -> dict[str, Measured]:
    """The three jobs of `night`, from an empty lake; memory is that of the home's server and its children."""
    shutil.rmtree(night.home.lake(night.surface.surface), ignore_errors=True)
    pid = spark.start(night.home).pid
    return {stage: measured(pid, partial(job, night)) for stage, job in STAGES.items()}
