"""What this machine can do at best: the bandwidths of its disk and memory, measured anew for each run."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CHUNK = 16 << 20
ATTEMPTS = 3


@dataclass(frozen=True)
class Ceilings:
    """Bandwidths in bytes per second. `memory` counts a copied byte twice: it is read and written."""

    disk_read: float
    disk_write: float
    memory: float

    def seconds(self, read: int, written: int, touched: int) -> float:
        """The least time for a stage that reads and writes so many bytes of files, `touched` when unpacked."""
        return max(read / self.disk_read + written / self.disk_write, touched / self.memory)


def calibrate(folder: Path, megabytes: int = 512) -> Ceilings:
    """Best of three of each, on a scratch file in `folder` that is gone afterwards and on buffers as large."""
    scratch = folder / "calibration"
    try:
        write = max(_write(scratch, megabytes << 20) for _ in range(ATTEMPTS))
        read = max(_read(scratch) for _ in range(ATTEMPTS))
    finally:
        scratch.unlink(missing_ok=True)
    return Ceilings(read, write, _copy(megabytes << 20))


def _write(path: Path, size: int) -> float:
    block = np.random.default_rng(0).bytes(CHUNK)
    began = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for _ in range(size // CHUNK):
            file.write(block)
        os.fsync(file.fileno())
    return size / (time.perf_counter() - began)


def _read(path: Path) -> float:
    """Reads around the page cache: the file's pages are dropped first."""
    buffer = bytearray(CHUNK)
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        began, size = time.perf_counter(), 0
        while count := file.readinto(buffer):
            size += count
    return size / (time.perf_counter() - began)


def _copy(size: int) -> float:
    source = np.ones(size // 8)
    target = np.empty_like(source)
    np.copyto(target, source)
    rates = []
    for _ in range(ATTEMPTS):
        began = time.perf_counter()
        np.copyto(target, source)
        rates.append(2 * source.nbytes / (time.perf_counter() - began))
    return max(rates)
