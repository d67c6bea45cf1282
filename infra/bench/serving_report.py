"""What the benchmark of serving tells: one line a run, and one line a stage beside the least it could take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rich.table import Table


@dataclass
class Told:
    """What came back in one run: seconds of each answer since it was due, of some the milliseconds by stage, failures.

    `took`: wall seconds of the run. `busy`: seconds that the servers were computing meanwhile.
    """

    name: str
    seconds: list[float] = field(default_factory=list)
    stages: list[dict[str, float]] = field(default_factory=list)
    failed: int = 0
    took: float = 0.0
    busy: float = 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds; NaN where nothing came back."""
        return float(np.percentile(self.seconds, share)) * 1000 if self.seconds else float("nan")


def runs(told: Sequence[Told]) -> Table:
    """Answers, failures, speed, latency, and what an answer takes of a core, which other load changes least."""
    table = Table(title="Serving", title_justify="left")
    for heading in ("run", "requests", "failed", "per second", "p50 ms", "p99 ms", "CPU ms each"):
        table.add_column(heading, justify="left" if heading == "run" else "right")
    for one in told:
        count = max(len(one.seconds), 1)
        figures = (f"{len(one.seconds):,}", f"{one.failed}", f"{len(one.seconds) / one.took:.0f}")
        latency = (f"{one.percentile(50):.2f}", f"{one.percentile(99):.2f}")
        table.add_row(one.name, *figures, *latency, f"{1000 * one.busy / count:.2f}")
    return table


def stages(told: Told, limits: Mapping[str, float]) -> Table:
    """Milliseconds of each stage, of all of them in one request, and, where there is a limit, how many times it."""
    table = Table(title=f"Stages at {told.name}", title_justify="left")
    for heading in ("stage", "p50 ms", "p99 ms", "limit ms", "p50 / limit"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    names = dict.fromkeys(name for one in told.stages for name in one)
    for name in names:
        table.add_row(name, *_shown([one[name] for one in told.stages if name in one], limits.get(name)))
    table.add_row("all", *_shown([sum(one.values()) for one in told.stages], sum(limits.values())))
    return table


def _shown(milliseconds: Sequence[float], limit: float | None) -> tuple[str, ...]:
    middle, slow = np.percentile(milliseconds, (50, 99))
    beside = ("-", "-") if limit is None else (f"{limit:.3f}", f"{middle / limit:.1f}x")
    return f"{middle:.3f}", f"{slow:.3f}", *beside
