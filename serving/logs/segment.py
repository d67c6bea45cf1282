"""One file of one layer and arrival day while it is written: hidden from ingest until it is closed.

A segment is written as `day=<day>/.<name>.jsonl.open` (ingest passes over names that begin with a dot) under a lock
that the kernel drops when the writing process dies, and gets its real name in one rename when it is closed. So ingest
reads whole files only, and a segment without its lock belongs to nobody: the next server lands it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from serving.durable import sync_folder

OPEN = ".open"
ENDING = ".jsonl"


class Segment:
    """An open file that grows by whole groups: write, sync, then `commit`, or `rollback` to the last commit."""

    def __init__(self, folder: Path, name: str) -> None:
        """Create the segment `name` in `folder`. Raises OSError if the disk will not have it."""
        self.path = folder / f".{name}{ENDING}{OPEN}"
        self.final = folder / f"{name}{ENDING}"
        self._committed = 0
        self._written = 0
        self._descriptor = _create_locked(folder, self.path)

    def write(self, data: bytes) -> None:
        """Add `data`, not yet durable. Raises OSError."""
        rest = memoryview(data)
        while rest:
            done = os.write(self._descriptor, rest)
            self._written += done
            rest = rest[done:]

    def sync(self) -> None:
        """Make everything written durable. Raises OSError."""
        os.fdatasync(self._descriptor)

    def commit(self) -> int:
        """What is written stays; returns the file's bytes."""
        self._committed = self._written
        return self._committed

    def rollback(self) -> None:
        """Take back what was written since the last commit. If even that fails, a torn last line stays, which ingest
        quarantines."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self._committed)
        self._written = self._committed

    def close(self) -> None:
        """Hand the file to ingest under its real name; one without a row vanishes. Raises OSError if it cannot be."""
        try:
            publish(self.path, self.final)
        finally:
            os.close(self._descriptor)


def free_name(landing: Path, layer: str, day: date, server: str, sequence: int) -> tuple[Path, str, int]:
    """(folder, name, sequence) of the first segment of `server`, from `sequence` on, that never was."""
    folder = landing / layer / f"day={day}"
    while True:
        name = f"{server}-{sequence:06d}"
        if not (folder / f"{name}{ENDING}").exists() and not (folder / f".{name}{ENDING}{OPEN}").exists():
            return folder, name, sequence
        sequence += 1


def recover(landing: Path, today: date) -> list[Path]:
    """Land every segment that its writer left open when it died; returns where each lies now.

    Rows that were never landed arrive today, not on the day they were written: the night of that day may have read
    its logs already. A torn last line, which nobody was promised, stays for ingest to quarantine.
    """
    return [landed for path in _left_open(landing) if (landed := _adopt(path, landing, today)) is not None]


def publish(path: Path, final: Path) -> None:
    """Rename the open segment at `path` to `final`, durably; an empty one is removed instead."""
    if path.stat().st_size == 0:
        path.unlink()
        return
    _folder(final.parent)
    path.rename(final)
    sync_folder(final.parent)


def _left_open(landing: Path) -> Iterator[Path]:
    yield from sorted(landing.glob(f"*/day=*/.*{ENDING}{OPEN}"))


def _adopt(path: Path, landing: Path, today: date) -> Path | None:
    """Where the orphan at `path` lies now; None if it is not one, or held nothing."""
    with contextlib.ExitStack() as stack:
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None  # another server that starts now was faster
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None  # its writer lives
        if not path.exists():
            return None
        written = date.fromisoformat(path.parent.name.removeprefix("day="))
        folder = landing / path.parent.parent.name / f"day={max(written, today)}"
        final = _unused(folder / path.name.removeprefix(".").removesuffix(OPEN))
        publish(path, final)
        return final if final.exists() else None


def _unused(path: Path) -> Path:
    """`path`, or the first like it that is not taken."""
    again = 0
    found = path
    while found.exists():
        again += 1
        found = path.with_name(f"{path.name.removesuffix(ENDING)}-{again}{ENDING}")
    return found


def _create_locked(folder: Path, path: Path) -> int:
    """A descriptor of the new file at `path`, locked before anybody can see it under that name."""
    _folder(folder)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fresh.rename(path)
        sync_folder(folder)
    except OSError:
        os.close(descriptor)
        fresh.unlink(missing_ok=True)
        raise
    return descriptor


def _folder(folder: Path) -> None:
    """Make `folder` and the folders above it that are missing, durably."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        sync_folder(one.parent)
