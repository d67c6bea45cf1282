"""`python -m infra.bench.serving`: how fast a server answers, asked by a client in a process of its own.

A release of a million items is made first (some minutes); `--home` keeps it for another run.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from infra import ports
from infra.bench import big_release
from infra.bench.measure import resident
from schemas.errors import InfrastructureError
from serving.release import slots

SURFACE = "shorts"
START_S = 600.0
CLIENTS = 8

console = Console(highlight=False, emoji=False, soft_wrap=True)


@dataclass
class Told:
    """What came back: seconds of each answer since it was due, milliseconds of each stage, and failures."""

    seconds: list[float] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=dict)
    failed: int = 0

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return float(np.percentile(self.seconds, share)) * 1000 if self.seconds else float("nan")


def main(
    items: Annotated[int, typer.Option(min=1000, help="items of the release")] = 1_000_000,
    candidates: Annotated[int, typer.Option(min=20, help="candidates that the ranker scores")] = 1000,
    rate: Annotated[float, typer.Option(min=1, help="requests per second of the paced run")] = 50.0,
    seconds: Annotated[float, typer.Option(min=1, help="length of each run")] = 30.0,
    home: Annotated[Path | None, typer.Option(help="where the release is kept; a scratch folder otherwise")] = None,
) -> None:
    """Latency at a steady rate and the most requests a second, with what each stage takes."""
    with _folder(home) as root:
        _release(root / "releases" / SURFACE, items, candidates)
        with _server(root) as (port, pid):
            _warm(port)
            paced = _paced(port, rate, seconds)
            flooded, took = _flooded(port, seconds)
            rss = resident(pid)
    _report(paced, flooded, took, rate, rss)


def _release(folder: Path, items: int, candidates: int) -> None:
    if slots.active_release(folder) is None:
        console.print(f"making a release of {items:,} items")
        slots.switch(folder, big_release.build(folder, items, candidates))


@contextlib.contextmanager
def _server(root: Path) -> Iterator[tuple[int, int]]:
    port = ports.any_free()
    environment = os.environ | {"FEEDMILL_HOME": str(root), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        began = time.monotonic()
        while not _ready(port):
            if process.poll() is not None or time.monotonic() - began > START_S:
                raise InfrastructureError("the server did not come up")
            time.sleep(0.5)
        console.print(f"the server answers after {time.monotonic() - began:.1f} s")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _ready(port: int) -> bool:
    """Whether the surface answers; raises InfrastructureError if its release cannot be served."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        found = json.loads(connection.getresponse().read())["surfaces"][SURFACE]
        if found["problem"]:
            raise InfrastructureError(found["problem"])
        return found["release_id"] is not None
    return False


class _Client(threading.local):
    """One connection a thread, kept open."""

    connection: http.client.HTTPConnection | None = None

    def ask(self, port: int, number: int) -> dict[str, object] | None:
        """One request for a slate; None if it failed."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        user = f"u{number * 7919 % big_release.USERS:06d}"
        body = json.dumps({"user_id": user, "context": {"country": "DE", "device": "phone"}})
        try:
            self.connection.request("POST", f"/v1/{SURFACE}/recommend", body, {"content-type": "application/json"})
            answer = self.connection.getresponse()
            content = answer.read()
            return json.loads(content) if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            self.connection = None
            return None


_client = _Client()


def _asked(told: Told, port: int, number: int, due: float) -> None:
    answer = _client.ask(port, number)
    if answer is None:
        told.failed += 1
        return
    told.seconds.append(time.perf_counter() - due)
    for stage in answer["stages"]:  # type: ignore[attr-defined]
        told.stages.setdefault(stage["stage"], []).append(stage["milliseconds"])


def _warm(port: int) -> None:
    for number in range(50):
        _client.ask(port, number)


def _paced(port: int, rate: float, seconds: float) -> Told:
    """Requests are due at even intervals and late ones are not excused: an answer's time counts from then."""
    told, began = Told(), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(round(rate * seconds)):
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            pool.submit(_asked, told, port, number, due)
    return told


def _flooded(port: int, seconds: float) -> tuple[Told, float]:
    """Each of several clients asks again as soon as it is answered; what came back, and in how many seconds."""
    told, began = Told(), time.perf_counter()

    def keep_asking(client: int) -> None:
        number = client
        while time.perf_counter() - began < seconds:
            _asked(told, port, number, time.perf_counter())
            number += CLIENTS

    _together(keep_asking)
    return told, time.perf_counter() - began


def _together(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _report(paced: Told, flooded: Told, took: float, rate: float, rss: int) -> None:
    table = Table("run", "requests", "failed", "per second", "p50 ms", "p99 ms", title="Serving", title_justify="left")
    for name, told, speed in ((f"{rate:g}/s", paced, rate), ("flood", flooded, len(flooded.seconds) / took)):
        figures = (f"{len(told.seconds):,}", f"{told.failed}", f"{speed:.0f}")
        table.add_row(name, *figures, f"{told.percentile(50):.2f}", f"{told.percentile(99):.2f}")
    console.print(table)
    stages = Table("stage", "p50 ms", "p99 ms", title=f"Stages at {rate:g}/s", title_justify="left")
    for name, found in paced.stages.items():
        stages.add_row(name, *(f"{np.percentile(found, share):.3f}" for share in (50, 99)))
    total = np.sum([np.asarray(found[: len(paced.seconds)]) for found in paced.stages.values()], axis=0)
    stages.add_row("all", *(f"{np.percentile(total, share):.3f}" for share in (50, 99)))
    console.print(stages)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; the server holds {rss / 2**30:.2f} GiB")


@contextlib.contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="bench-serving-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    typer.run(main)
