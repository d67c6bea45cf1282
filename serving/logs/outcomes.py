"""What happened to what was shown, taken in: checked by the surface, each once, and promised only when durable."""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from schemas.errors import InfrastructureError
from schemas.logs import OUTCOME
from serving.logs.lines import encode
from serving.logs.records import Row, request_of, written
from serving.logs.writer import LogWriter
from surfaces.surface import Surface

REMEMBERED = 100_000
"""Outcome ids that a server keeps in mind; an older repetition is written again and dropped by the nightly join."""
PATIENCE_S = 10.0
SKEW = timedelta(minutes=5)
"""How far a sender's clock may run ahead."""

Status = Literal["accepted", "duplicate"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """One thing that happened to an impression. `value` is None for a binary outcome, `occurred_at` has a zone."""

    outcome_id: str
    impression_id: str
    outcome: str
    value: float | None
    occurred_at: datetime


@dataclass(frozen=True)
class Fault:
    """What is wrong with the outcome at `index` of a batch: the field, what was found and what is allowed."""

    index: int
    field: str
    words: str


Listener = Callable[[Sequence[Outcome]], None]


class OutcomeIntake:
    """Takes batches of outcomes of one surface. `accepted` and `duplicates` count them, `refused` those sent back.

    `patience`: seconds that the disk may take before the sender is told to try again; None: as long as it takes.
    """

    def __init__(
        self,
        surface: Surface,
        writer: LogWriter,
        remembered: int = REMEMBERED,
        patience: float | None = PATIENCE_S,
    ) -> None:
        self.accepted = self.duplicates = self.refused = 0
        self.listeners: list[Listener] = []
        """Told of new outcomes once they are durable, before the sender is."""
        self._surface = surface
        self._writer = writer
        self._remembered, self._patience = remembered, patience
        self._known: OrderedDict[str, Future[None]] = OrderedDict()
        self._lock = threading.Lock()

    def faults(self, outcomes: Sequence[Outcome], at: datetime) -> list[Fault]:
        """Every fault of `outcomes`, which arrive `at`; nothing of a batch with a fault should be taken in."""
        return [fault for index, outcome in enumerate(outcomes) for fault in self._faults(index, outcome, at)]

    def take(self, outcomes: Sequence[Outcome], at: datetime) -> list[Status]:
        """Write `outcomes`, each id once, and return when they (and what they repeat) are durable.

        Raises InfrastructureError if the disk or the queue would not have them; then the same call may be repeated.
        """
        promise: Future[None] = Future()
        fresh, others = self._divide(outcomes, promise)
        try:
            if fresh:
                self._submit(fresh.values(), promise, at)
                promise.result(self._patience)
            for other in others:
                other.result(self._patience)
        except (InfrastructureError, TooSlow) as error:
            with self._lock:
                self.refused += len(outcomes)
            raise InfrastructureError(str(error) or "the disk takes too long", fix="send the same again") from error
        self._welcome(list(fresh.values()), len(outcomes) - len(fresh))
        return ["accepted" if place in fresh else "duplicate" for place in range(len(outcomes))]

    def _submit(self, fresh: Iterable[Outcome], promise: Future[None], at: datetime) -> None:
        """Queue `fresh`; `promise` is kept or broken when it is known whether they are durable."""
        try:
            written_ = self._writer.submit(encode({OUTCOME.name: map(_row, fresh)}), at, awaited=True)
        except Exception as error:
            promise.set_exception(error)
            raise
        written_.add_done_callback(lambda done: _settle(promise, done.exception()))

    def _divide(
        self, outcomes: Sequence[Outcome], promise: Future[None]
    ) -> tuple[dict[int, Outcome], set[Future[None]]]:
        """Those of `outcomes` not known yet, by their place, now known by `promise`; and the promises of the others."""
        fresh: dict[int, Outcome] = {}
        others: set[Future[None]] = set()
        with self._lock:
            for place, outcome in enumerate(outcomes):
                known = self._known.get(outcome.outcome_id)
                if known is None or _broken(known):
                    self._known[outcome.outcome_id] = promise
                    fresh[place] = outcome
                elif known is not promise:
                    others.add(known)
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)
        return fresh, others

    def _welcome(self, fresh: Sequence[Outcome], duplicates: int) -> None:
        with self._lock:
            self.accepted += len(fresh)
            self.duplicates += duplicates
        for listener in self.listeners:
            try:
                listener(fresh)
            except Exception:
                _log.exception("outcomes of %s are durable, but a listener failed", self._surface.surface)

    def _faults(self, index: int, outcome: Outcome, at: datetime) -> Iterator[Fault]:
        declared = self._surface.outcomes.get(outcome.outcome)
        if declared is None:
            allowed = ", ".join(self._surface.outcomes)
            yield Fault(index, "outcome", f"found {outcome.outcome!r}; allowed are {allowed}")
        elif declared.kind == "sum" and (outcome.value is None or not math.isfinite(outcome.value)):
            yield Fault(
                index, "value", f"found {outcome.value}; allowed is an amount, since {outcome.outcome} is a sum"
            )
        elif declared.kind == "binary" and outcome.value not in (None, 1.0):
            yield Fault(
                index, "value", f"found {outcome.value:g}; allowed is 1 or nothing: {outcome.outcome} is binary"
            )
        if outcome.occurred_at > _latest(at):
            yield Fault(index, "occurred_at", f"found {written(outcome.occurred_at)}; allowed is until {written(at)}")


def _row(outcome: Outcome) -> Row:
    row = {
        "schema_version": OUTCOME.version,
        "outcome_id": outcome.outcome_id,
        "impression_id": outcome.impression_id,
        "request_id": request_of(outcome.impression_id),
        "outcome": outcome.outcome,
        "value": 1.0 if outcome.value is None else outcome.value,
        "occurred_at": written(outcome.occurred_at),
    }
    return {name: value for name, value in row.items() if value is not None}


def _latest(at: datetime) -> datetime:
    """Ingest sets aside what happened after its arrival day, so a clock ahead is forgiven within the day alone."""
    midnight = datetime.combine(at.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    return min(at + SKEW, midnight - timedelta(microseconds=1))


def _broken(promise: Future[None]) -> bool:
    return promise.done() and promise.exception() is not None


def _settle(promise: Future[None], error: BaseException | None) -> None:
    if error is None:
        promise.set_result(None)
    else:
        promise.set_exception(error)
