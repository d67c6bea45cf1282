"""The durable appender: rows of many requests are written and made durable together, in the order they came.

One thread writes for one surface. What is submitted goes into a bounded queue; the thread takes all that waits, adds
it to one open segment a layer, syncs the files, and only then says so to whoever waits (group commit: DeWitt et al.,
SIGMOD 1984). A group is all or nothing: when the disk fails, every file goes back to its last durable byte.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from schemas.errors import InfrastructureError
from serving.logs.segment import recover
from serving.logs.segments import Segments

PATIENCE_S = 0.02
"""How long rows for which nobody waits may gather before they are written."""

Clock = Callable[[], datetime]


class LogFullError(InfrastructureError):
    """The queue has no room: rows come in faster than the disk takes them."""


@dataclass(frozen=True)
class Batch:
    """Rows of one request (or of one call with outcomes), encoded: layer to its lines, and how many lines in all."""

    lines: Mapping[str, bytes]
    rows: int


@dataclass
class _Entry:
    batch: Callable[[], Batch]
    rows: int
    day: date
    awaited: bool
    done: Future[None] = field(default_factory=Future)


class LogWriter:
    """Appends batches to `landing/<layer>/day=<UTC arrival day>/` below one surface's landing folder.

    `server` names this writer among all that may write there. With a `clock` the thread closes a day's segments once
    the day is over, though nothing more comes; without one (a simulation, whose time is passed in) the next day's
    first batch or `close` does.
    """

    def __init__(
        self,
        landing: Path,
        server: str,
        queue_rows: int = 50_000,
        group_commit_ms: float = 2.0,
        clock: Clock | None = None,
    ) -> None:
        self.landing = landing
        self.queue_rows = queue_rows
        self.waiting = 0
        """Rows in the queue."""
        self._group_s = group_commit_ms / 1000
        self._clock = clock
        self._segments = Segments(landing, server)
        self._queue: deque[_Entry] = deque()
        self._changed = threading.Condition()
        self._last: Future[None] | None = None
        self._closing = self._at_work = False
        self._thread = threading.Thread(target=self._run, name=f"log-writer-{landing.name}", daemon=True)

    @property
    def written(self) -> Mapping[str, int]:
        """Durable rows by layer."""
        return self._segments.written

    def start(self, now: datetime) -> list[Path]:
        """Land what earlier writers left open, then take batches; returns the files that were recovered."""
        recovered = recover(self.landing, now.astimezone(UTC).date()) if self.landing.is_dir() else []
        self._thread.start()
        return recovered

    def submit(self, batch: Batch, at: datetime, awaited: bool = False) -> Future[None]:
        """Queue `batch`, which arrived `at`. The future is done once it is durable, or has the error why it is not.

        `awaited`: somebody waits for it, so it is written soon. Raises LogFullError, with nothing queued, where there
        is no room.
        """
        return self._queued(lambda: batch, batch.rows, at, awaited)

    def submit_unmade(self, batch: Callable[[], Batch], rows: int, at: datetime, awaited: bool = False) -> Future[None]:
        """As `submit`, for a batch of about `rows` rows that takes its time to make: the writer's thread makes it."""
        return self._queued(batch, rows, at, awaited)

    def _queued(self, batch: Callable[[], Batch], rows: int, at: datetime, awaited: bool) -> Future[None]:
        entry = _Entry(batch, rows, at.astimezone(UTC).date(), awaited)
        with self._changed:
            if self._closing or self.waiting + rows > self.queue_rows:
                why = "is closed" if self._closing else f"is full ({self.waiting:,} of {self.queue_rows:,} rows wait)"
                raise LogFullError(f"the log of {self.landing.name} {why}", fix="send again later")
            self._queue.append(entry)
            self._last = entry.done
            self.waiting += rows
            self._changed.notify()
        return entry.done

    def flush(self) -> None:
        """Return once everything submitted so far was written. Raises the error of the last batch if it was not."""
        with self._changed:
            last = self._last
            if self._queue:
                self._queue[-1].awaited = True
                self._changed.notify()
            # The last batch is not the last written: a group is written day by day.
            self._changed.wait_for(lambda: not self._queue and not self._at_work)
        if last is not None:
            last.result()

    def close(self) -> None:
        """Write what is queued, close every segment, end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._segments.close()

    def _run(self) -> None:
        while True:
            group = self._gather()
            if not group and self._closing:
                return
            for day in sorted({entry.day for entry in group}):
                self._commit(day, [entry for entry in group if entry.day == day])
            with self._changed:
                self._at_work = False
                self._changed.notify_all()
            if self._clock is not None:
                self._segments.close_before(self._clock().astimezone(UTC).date())

    def _gather(self) -> list[_Entry]:
        """All that waits, after a moment in which more may come; empty after a quiet while."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing, timeout=1.0)
            self._changed.wait_for(self._pressing, timeout=PATIENCE_S)
            if self._queue and self._group_s and not self._crowded():
                self._changed.wait_for(self._crowded, timeout=self._group_s)
            group = list(self._queue)
            self._at_work = bool(group)
            self._queue.clear()
            self.waiting -= sum(entry.rows for entry in group)
            return group

    def _pressing(self) -> bool:
        return self._crowded() or any(entry.awaited for entry in self._queue)

    def _crowded(self) -> bool:
        return self._closing or 2 * self.waiting >= self.queue_rows

    def _commit(self, day: date, entries: list[_Entry]) -> None:
        made = [(entry, batch) for entry in entries if (batch := _made(entry)) is not None]
        try:
            self._segments.append(day, [batch.lines for _, batch in made])
        except Exception as error:  # whatever it is, whoever waits is told, and the thread goes on
            failure = InfrastructureError(f"the log of {self.landing.name} cannot be written: {error}")
            for entry, _ in made:
                entry.done.set_exception(failure)
        else:
            for entry, _ in made:
                entry.done.set_result(None)


def _made(entry: _Entry) -> Batch | None:
    """The entry's batch; None, and whoever waits is told, if it cannot be made."""
    try:
        return entry.batch()
    except Exception as error:
        entry.done.set_exception(error)
        return None
