"""Everything one server logs of one surface: requests as they are answered, outcomes as they are sent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import datetime
from functools import partial
from pathlib import Path

from serving.logs.batch import Batch
from serving.logs.lines import encode
from serving.logs.outcomes import PATIENCE_S, OutcomeIntake
from serving.logs.records import is_sampled, layers_of
from serving.logs.writer import Clock, LogWriter
from serving.pipeline import Answer
from surfaces.surface import Surface

PROMISE_S = 1.0
"""How long a slate waits for the disk where its rows are promised; then it is answered all the same, and counted when
they fail."""
_log = logging.getLogger(__name__)


class SurfaceLog:
    """The logs of `surface`, written to `landing`, its folder there. `server` names the writer.

    `logged` counts requests whose rows are durable, `unlogged` those whose rows could not be written. A request is
    never failed for its log; the next row that can be written says in `unlogged` how many are missing before it.
    `patient`: outcomes wait for the disk for as long as it takes.
    """

    def __init__(
        self, surface: Surface, landing: Path, server: str, clock: Clock | None = None, *, patient: bool = False
    ) -> None:
        self.surface = surface
        rules = surface.logging
        self.writer = LogWriter(landing, server, rules.queue_rows, rules.group_commit_ms, clock)
        self.outcomes = OutcomeIntake(surface, self.writer, patience=None if patient else PATIENCE_S)
        self.logged = self.unlogged = 0
        self._untold = 0
        self._lock = threading.Lock()

    def start(self, now: datetime) -> list[Path]:
        """Begin to write; returns files of earlier servers that died and were landed now."""
        recovered = self.writer.start(now)
        for path in recovered:
            _log.warning("landed %s, which a server that died had left open", path)
        return recovered

    def close(self) -> None:
        """Write what waits and close every file."""
        self.writer.close()

    def request(self, answer: Answer, at: datetime) -> None:
        """Log `answer`, which was given `at`. Never raises: a failure is counted and told in the log itself.

        Returns once its rows are durable where the surface promises that.
        """
        untold = self._take_untold()
        try:
            future = self._submitted(answer, untold, at)
        except Exception as error:
            self._missed(untold, error)
        else:
            future.add_done_callback(lambda done: self._settle(done, untold))
            if self.surface.logging.promise:
                wait([future], PROMISE_S)

    def _submitted(self, answer: Answer, untold: int, at: datetime) -> Future[None]:
        share, awaited = self.surface.logging.sample, self.surface.logging.promise
        if not is_sampled(answer.ask.request_id, share):
            return self.writer.submit(_batch(answer, share, untold), at, awaited)
        # Hundreds of rows with every feature: they are made beside the request, which need not wait for them.
        rows = 1 + answer.slate.kept + answer.offers.kept + answer.candidates.kept
        return self.writer.submit_unmade(partial(_batch, answer, share, untold), rows, at, awaited)

    def _settle(self, done: Future[None], untold: int) -> None:
        error = done.exception()
        if error is not None:
            self._missed(untold, error)
            return
        with self._lock:
            self.logged += 1
        if untold:
            _log.warning("requests of %s are logged again; %d were not", self.surface.surface, untold)

    def _take_untold(self) -> int:
        with self._lock:
            untold, self._untold = self._untold, 0
            return untold

    def _missed(self, untold: int, error: BaseException) -> None:
        with self._lock:
            first = not self._untold and not untold
            self.unlogged += 1
            self._untold += untold + 1
        if first:
            _log.error("requests of %s are answered but not logged: %s", self.surface.surface, error)


def _batch(answer: Answer, share: float, untold: int, rest: Callable[[], None] = lambda: None) -> Batch:
    return encode(layers_of(answer, share, untold), rest)
