"""The durable appender: rows of many requests are written and made durable together, in the order they came.

One thread writes for one surface. What is submitted goes into a bounded queue; the thread takes all that waits, adds
it to one open segment a layer, syncs the files, and only then says so to whoever waits (group commit: DeWitt et al.,
SIGMOD 1984). A group is all or nothing: when the disk fails, every file goes back to its last durable byte.

Batches of thousands of rows are made by a second thread, a helping at a time: one that computed on would take the
interpreter from every request under way, each time that one lets go of it, for the whole of its switch interval.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeAlias

from schemas.errors import InfrastructureError
from serving.logs.batch import Batch
from serving.logs.segment import recover
from serving.logs.segments import Segments

PATIENCE_S = 0.02
"""How long rows for which nobody waits may gather before they are written."""
REST_S = 0.001
"""How long the interpreter is left to others after each helping of a batch that takes its time to make."""

Clock = Callable[[], datetime]
Unmade: TypeAlias = Callable[[Callable[[], None]], Batch]
"""Makes a batch, and calls what it is given after each helping of rows."""


class LogFullError(InfrastructureError):
    """The queue has no room: rows come in faster than the disk takes them."""


@dataclass
class _Entry:
    batch: Future[Batch]
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
        self._flushing = 0
        self._maker = ThreadPoolExecutor(1, thread_name_prefix=f"log-maker-{landing.name}")
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
        made = Future[Batch]()
        made.set_result(batch)
        return self._queued(lambda: made, batch.rows, at, awaited)

    def submit_unmade(self, unmade: Unmade, rows: int, at: datetime, awaited: bool = False) -> Future[None]:
        """As `submit`, for a batch of about `rows` rows that takes its time to make. Rows for which nobody waits stay
        behind it until it is made."""
        return self._queued(lambda: self._making(unmade), rows, at, awaited)

    def _queued(self, batch: Callable[[], Future[Batch]], rows: int, at: datetime, awaited: bool) -> Future[None]:
        with self._changed:
            if self._closing or self.waiting + rows > self.queue_rows:
                why = "is closed" if self._closing else f"is full ({self.waiting:,} of {self.queue_rows:,} rows wait)"
                raise LogFullError(f"the log of {self.landing.name} {why}", fix="send again later")
            entry = _Entry(batch(), rows, at.astimezone(UTC).date(), awaited)
            self._queue.append(entry)
            self._last = entry.done
            self.waiting += rows
            self._changed.notify_all()
        return entry.done

    def _making(self, unmade: Unmade) -> Future[Batch]:
        made = self._maker.submit(unmade, self._rest)
        made.add_done_callback(lambda _: self._tell())
        return made

    def _rest(self) -> None:
        """Let others compute, unless somebody waits for what is being made, or more of it does."""
        with self._changed:
            unmade = sum(not entry.batch.done() for entry in self._queue)
            hurried = self._flushing or self._pressing() or unmade > 1
        if not hurried:
            time.sleep(REST_S)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def flush(self) -> None:
        """Return once everything submitted so far was written. Raises the error of the last batch if it was not."""
        with self._changed:
            last = self._last
            self._flushing += 1
            self._changed.notify_all()
            # The last batch is not the last written: a group is written day by day.
            self._changed.wait_for(lambda: not self._queue and not self._at_work)
            self._flushing -= 1
        if last is not None:
            last.result()

    def close(self) -> None:
        """Write what is queued, close every segment, end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._maker.shutdown()
        self._segments.close()

    def _run(self) -> None:
        while True:
            group = self._gather()
            if not group and self._closing and not self._queue:
                return
            for day in sorted({entry.day for entry in group}):
                self._commit(day, [entry for entry in group if entry.day == day])
            with self._changed:
                self._at_work = False
                self._changed.notify_all()
            if self._clock is not None:
                self._segments.close_before(self._clock().astimezone(UTC).date())

    def _gather(self) -> list[_Entry]:
        """All that can be written, after a moment in which more may come; empty after a quiet while."""
        with self._changed:
            self._changed.wait_for(lambda: self._writable() or (self._closing and not self._queue), timeout=1.0)
            self._changed.wait_for(self._pressing, timeout=PATIENCE_S)
            if self._queue and self._group_s and not self._crowded():
                self._changed.wait_for(self._crowded, timeout=self._group_s)
            group = self._writable()
            self._at_work = bool(group)
            taken = {id(entry) for entry in group}
            self._queue = deque(entry for entry in self._queue if id(entry) not in taken)
            self.waiting -= sum(entry.rows for entry in group)
            return group

    def _writable(self) -> list[_Entry]:
        """What is made, in its order: up to the first that is not, and beyond it that for which somebody waits."""
        found: list[_Entry] = []
        blocked = False
        for entry in self._queue:
            blocked = blocked or not entry.batch.done()
            if entry.batch.done() and (entry.awaited or not blocked):
                found.append(entry)
        return found

    def _pressing(self) -> bool:
        return bool(self._flushing) or self._crowded() or any(entry.awaited for entry in self._queue)

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
        return entry.batch.result()
    except Exception as error:
        entry.done.set_exception(error)
        return None
