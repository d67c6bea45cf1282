"""Seconds and peak memory of one piece of work, done by this process or by another one."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import psutil

INTERVAL_S = 0.1


@dataclass(frozen=True)
class Measured:
    """Wall seconds, and the peak resident set of a process and its children in bytes."""

    seconds: float
    peak_rss: int


def measured(pid: int, work: Callable[[], object]) -> Measured:
    """Do `work` while sampling the memory of process `pid` and its children."""
    peak, done = [resident(pid)], threading.Event()

    def sample() -> None:
        while not done.wait(INTERVAL_S):
            peak.append(resident(pid))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    began = time.perf_counter()
    try:
        work()
        seconds = time.perf_counter() - began
    finally:
        done.set()
        sampler.join()
    return Measured(seconds, max(*peak, resident(pid)))


def resident(pid: int) -> int:
    """Bytes of memory that process `pid` and its children hold now; what has ended holds none."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total


def middle(runs: list[dict[str, Measured]]) -> dict[str, Measured]:
    """Per stage: the median of the seconds, and the peak over all runs."""
    return {
        stage: Measured(median(run[stage].seconds for run in runs), max(run[stage].peak_rss for run in runs))
        for stage in runs[0]
    }
