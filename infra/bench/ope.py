"""Off-policy intervals of many slates: one pass and Poisson weights, beside the resampling loops of obp."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rich.table import Table

from evaluation.ope import slates
from evaluation.ope.clusters import Codes
from evaluation.ope.intervals import Interval, studentised
from evaluation.ope.stream import Stream
from infra.bench.measure import measured, resident

Doubles = npt.NDArray[np.float64]

SIZES = (1_000_000, 2_000_000, 4_000_000)
SLOTS, REPLICATES, BLOCK = 10, 1000, 100_000
BESIDE = 1_000_000
"""Slates (at most) that the loop is given: it takes as long for each more."""


@dataclass(frozen=True)
class Streamed:
    """One run over blocks: `seconds` of estimating alone, and how much the resident set grew at most, in bytes."""

    slates: int
    seconds: float
    growth: int
    interval: Interval


@dataclass(frozen=True)
class Beside:
    """Both ways on the same arrays in one process: seconds of each, and their (value, low, high)."""

    slates: int
    ours: float
    loop: float
    interval: Interval
    found: tuple[float, float, float]


def main(sizes: Sequence[int] | None = None) -> list[Table]:
    """The tables to be printed; raises ValueError if both ways do not give the same value."""
    wanted = sorted(sizes or SIZES)
    _estimate(_blocks(BLOCK))  # what a process does once, however many intervals it asks for, is no growth
    return [beside_table(beside(min(BESIDE, wanted[-1]))), stream_table([streamed(size) for size in wanted])]


def beside(count: int) -> Beside:
    """RIPS of `count` slates with its interval, both ways."""
    blocks = list(_blocks(count))
    began = time.perf_counter()
    interval = _estimate(iter(blocks))
    ours = time.perf_counter() - began
    weights, rewards = np.vstack([block[0] for block in blocks]), np.vstack([block[1] for block in blocks])
    began = time.perf_counter()
    found = resampled(weights, rewards)
    loop = time.perf_counter() - began
    if not np.isclose(found[0], interval.value, rtol=1e-9):
        raise ValueError(f"RIPS: found {interval.value} in one pass and {found[0]} in a loop; allowed are two equal")
    return Beside(count, ours, loop, interval, found)


def resampled(weights: Doubles, rewards: Doubles, replicates: int = REPLICATES) -> tuple[float, float, float]:
    """(value, low, high) as obp 0.5 finds them: slates drawn with replacement and averaged, again and again.

    Kinder than obp, which also looks for the rows of every slate in all rows.
    """
    by_slate = (np.cumprod(weights, axis=1) * rewards).sum(axis=1)
    luck = np.random.RandomState(12345)
    means = [float(np.mean(luck.choice(by_slate, size=len(by_slate)))) for _ in range(replicates)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(by_slate.mean()), float(low), float(high)


def streamed(count: int) -> Streamed:
    """RIPS of `count` slates that are never held all at once."""
    spent = [0.0]
    found: list[Interval] = []

    def work() -> None:
        found.append(_estimate(_blocks(count), spent))

    before = resident(os.getpid())
    cost = measured(os.getpid(), work)
    return Streamed(count, spent[0], cost.peak_rss - before, found[0])


def _estimate(blocks: Iterator[tuple[Doubles, Doubles, Codes]], spent: list[float] | None = None) -> Interval:
    stream, seconds = Stream(), 0.0
    for weights, rewards, users in blocks:
        began = time.perf_counter()
        stream.add(slates.rips(weights, rewards), users)
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    found = studentised(stream.sums, replicates=REPLICATES)
    if spent is not None:
        spent[0] = seconds + time.perf_counter() - began
    return found


def _blocks(count: int) -> Iterator[tuple[Doubles, Doubles, Codes]]:
    """(weights, rewards, users) of `count` slates: weights of mean 1, ten slates a user."""
    for start in range(0, count, BLOCK):
        rng = np.random.default_rng([1, start])
        n = min(BLOCK, count - start)
        weights = np.exp(rng.normal(-0.02, 0.2, (n, SLOTS)))
        rewards = (rng.random((n, SLOTS)) < 0.05).astype(np.float64)
        yield weights, rewards, ((start + np.arange(n)) // 10).astype(np.uint64)


def beside_table(found: Beside) -> Table:
    """Seconds of both, their ratio and what each finds."""
    shown = Table(title=f"RIPS with a 95 % interval: {found.slates:,} slates x {SLOTS}, {REPLICATES:,} replicates")
    for heading in ("one pass s", "resampling loop s", "times as fast", "one pass (users)", "loop (slates)"):
        shown.add_column(heading, justify="right")
    one = found.interval
    shown.add_row(
        f"{found.ours:.2f}",
        f"{found.loop:.1f}",
        f"{found.loop / found.ours:.0f}",
        f"{one.value:.5f} ({one.low:.5f} .. {one.high:.5f})",
        "{:.5f} ({:.5f} .. {:.5f})".format(*found.found),
    )
    return shown


def stream_table(found: Sequence[Streamed]) -> Table:
    """Seconds, growth against the smallest run, and memory against rows."""
    first = found[0]
    shown = Table(title=f"The same in blocks of {BLOCK:,} slates, intervals with {REPLICATES:,} replicates")
    for heading in ("slates", "s", "slates/s", "s for each s of the first", "RSS growth MiB", "MiB for each more 1M"):
        shown.add_column(heading, justify="right")
    for one in found:
        times = (one.seconds / first.seconds) / (one.slates / first.slates)
        more = (one.growth - first.growth) / max(one.slates - first.slates, 1) * 1e6 / 2**20
        figures = f"{one.seconds:.2f}", f"{one.slates / one.seconds:,.0f}", f"{times:.2f}", f"{one.growth / 2**20:.0f}"
        shown.add_row(f"{one.slates:,}", *figures, "" if one is first else f"{more:.1f}")
    return shown
