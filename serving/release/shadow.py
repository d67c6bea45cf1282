"""A challenger: a release that answers a sample of requests beside the live one, is logged, and is never served."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from serving.dice import chance
from serving.pipeline import Answer, recommend
from serving.release.live import RETRY_SECONDS
from serving.release.loaded import LoadedRelease

FILE = "challenger.json"
WAITING = 100
"""Requests that may wait for the challenger; beyond it the sample is thinned, and that is counted."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Challenger:
    """Which release is tried, on what share of the requests."""

    release_id: str
    sample: float

    @staticmethod
    def read(folder: Path) -> Challenger | None:
        """The challenger of the surface whose releases lie in `folder`; None if there is none."""
        try:
            return Challenger(**json.loads((folder / FILE).read_text()))
        except FileNotFoundError:
            return None

    def write(self, folder: Path) -> None:
        """Try this release from now on; servers notice within a moment."""
        fresh = folder / f".{FILE}.next"
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(folder / FILE)

    @staticmethod
    def remove(folder: Path) -> None:
        """Try none."""
        (folder / FILE).unlink(missing_ok=True)


class Shadow:
    """Answers sampled requests of one surface again, on a thread of its own, and writes both slates side by side to
    `log`/day=<UTC day>.jsonl. `compared`, `dropped` and `failed` count requests; `problem` says why none is answered.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log = folder, log
        self.compared = self.dropped = self.failed = 0
        self.problem: str | None = None
        self._challenger: Challenger | None = None
        self._loaded: LoadedRelease | None = None
        self._queue: queue.Queue[Answer | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._work, name=f"shadow-{folder.name}", daemon=True)
        self._looked = float("-inf")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def offer(self, answer: Answer) -> None:
        """Compare `answer` with the challenger's, soon, if its request is in the sample."""
        challenger = self._challenger
        if challenger is None or chance(answer.ask.request_id, "shadow") >= challenger.sample:
            return
        try:
            self._queue.put_nowait(answer)
        except queue.Full:
            self.dropped += 1

    def _work(self) -> None:
        while True:
            try:
                answer = self._queue.get(timeout=0.25)
            except queue.Empty:
                self._look()
                continue
            if answer is None:
                return
            self._look()
            if self._loaded is not None:
                self._compare(self._loaded, answer)

    def _look(self) -> None:
        """Load the challenger that is named now, if it is another one than before."""
        try:
            wanted = Challenger.read(self.folder)
            held = self._loaded.release_id if self._loaded else None
            if wanted is None or wanted.release_id != held:
                self._loaded = None
            if wanted is not None and self._loaded is None and time.monotonic() - self._looked > RETRY_SECONDS:
                self._looked = time.monotonic()
                self._loaded = LoadedRelease.load(self.folder / wanted.release_id)
            if wanted is None or self._loaded is not None:
                self.problem, self._challenger = None, wanted
        except Exception as error:
            self.problem, self._challenger = f"{type(error).__name__}: {error}", None

    def _compare(self, release: LoadedRelease, served: Answer) -> None:
        try:
            ask = replace(served.ask, fallbacks=(), last_good=(), arms=())
            began = time.perf_counter()
            other = recommend(release, ask)
            row = _row(served, other, time.perf_counter() - began)
            self.log.mkdir(parents=True, exist_ok=True)
            with (self.log / f"day={ask.at.date()}.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            self.compared += 1
        except Exception:
            self.failed += 1
            _log.exception("the challenger %s did not answer %s", release.release_id, served.ask.request_id)


def _row(served: Answer, other: Answer, seconds: float) -> dict[str, object]:
    slates = {name: _slate(answer) for name, answer in (("served", served), ("challenger", other))}
    shared = set(slates["served"]) & set(slates["challenger"])
    return {
        "request_id": served.ask.request_id,
        "requested_at": served.ask.at.isoformat(),
        "release_id": served.release.release_id,
        "challenger_id": other.release.release_id,
        **slates,
        "overlap": len(shared) / max(len(slates["served"]), 1),
        "propensities": [slot.draw.propensity for slot in other.slate.slots],
        "values": [_value(other, slot.candidate) for slot in other.slate.slots],
        "milliseconds": round(seconds * 1000, 3),
    }


def _slate(answer: Answer) -> list[str]:
    return [str(answer.release.catalogue.ids[slot.row]) for slot in answer.slate.slots]


def _value(answer: Answer, candidate: int) -> float | None:
    return float(answer.values.value[candidate]) if candidate >= 0 else None
