"""The least time that this machine's arithmetic and memory allow for the stages of a request that do real work."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from models.index import ItemIndex
from models.ranker_description import ONNX
from surfaces.surface import Surface

ATTEMPTS = 15
ROW = 64
"""float32 values of a gathered row: 256 bytes."""
FEATURE_ROWS = 4
"""Rows of large tables that the features of one candidate are read from: item, creator, content, network's ids."""


@dataclass(frozen=True)
class Peaks:
    """What one core does at best: float operations, bytes read in a row, and 256-byte rows read at random, a second."""

    flops: float
    read: float
    rows: float

    def seconds(self, *, flops: float = 0, read: float = 0, rows: float = 0) -> float:
        """The least seconds for work that needs each of these."""
        return max(flops / self.flops, read / self.read, rows / self.rows)

    def __str__(self) -> str:
        return (
            f"{self.flops / 1e9:.0f} GFLOP/s, {self.read / 1e9:.1f} GB/s, {self.rows / 1e6:.0f} M random rows/s a core"
        )


def peaks(n: int = 1_000_000) -> Peaks:
    """Measured by numpy (BLAS) on one thread, the best of some attempts, with `n` rows."""
    rng = np.random.default_rng(0)
    a, b = rng.random((1024, 256), dtype=np.float32), rng.random((256, 256), dtype=np.float32)
    table, out = np.ones((n, ROW), np.float32), np.empty((1000, ROW), np.float32)
    places = iter([rng.integers(0, n, 1000) for _ in range(ATTEMPTS + 1)])
    return Peaks(
        flops=2 * a.shape[0] * b.size / _best(lambda: a @ b),
        read=table.nbytes / _best(table.max),
        rows=len(out) / _best(lambda: np.take(table, next(places), axis=0, out=out, mode="clip")),
    )


def least(release: Path, surface: Surface, speed: Peaks) -> dict[str, float]:
    """Milliseconds by stage. Stages that are not named move a few kilobytes and have no such limit to speak of."""
    wanted = surface.slate.candidates
    heavy = min(surface.slate.heavy or wanted, wanted)
    found = {
        "retrieve": _searching(release / "index", surface, speed),
        "light": speed.seconds(rows=wanted),
        "assemble": speed.seconds(rows=FEATURE_ROWS * heavy),
        "rank": speed.seconds(flops=2 * heavy * multiplications(release / "ranker" / ONNX)),
    }
    return {stage: 1000 * seconds for stage, seconds in found.items()}


def multiplications(path: Path) -> int:
    """Multiplications of the matrix products of the network at `path`, for one row."""
    graph = onnx.load(path).graph
    sizes: Mapping[str, int] = {one.name: int(np.prod(one.dims)) for one in graph.initializer}
    return sum(sizes[node.input[1]] for node in graph.node if node.op_type in ("Gemm", "MatMul"))


def _searching(folder: Path, surface: Surface, speed: Peaks) -> float:
    total = 0.0
    for path in sorted(folder.glob("*.faiss")):
        read, rows = ItemIndex.load(path).work(surface.retrieval[path.stem].max_quota)  # type: ignore[index]
        total += speed.seconds(read=read) + speed.seconds(rows=rows)
    return total


def _best(work: Callable[[], Any]) -> float:
    """Seconds of the fastest attempt."""
    work()
    taken = []
    for _ in range(ATTEMPTS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)
