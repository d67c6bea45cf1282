"""`python -m infra.bench.serving`: how fast servers answer, asked by a client in a process of its own.

A release of a million items is made first (some minutes); `--home` keeps it for another run. `--servers 2` starts as
many servers beside one another, as a load balancer would have them: each writes log files of its own, and they share
the online store.
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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console

from infra import ports
from infra.bench import big_release
from infra.bench.measure import resident
from infra.bench.serving_limits import least, peaks
from infra.bench.serving_report import Told, runs, stages
from schemas.errors import InfrastructureError
from serving.release import slots
from serving.release.loaded import read_surface

SURFACE = "shorts"
START_S = 600.0
CLIENTS = 8

console = Console(highlight=False, emoji=False, soft_wrap=True)


def main(
    *,
    items: Annotated[int, typer.Option(min=1000, help="items of the release")] = 1_000_000,
    candidates: Annotated[int, typer.Option(min=20, help="candidates that the ranker scores")] = 1000,
    rate: Annotated[float, typer.Option(min=1, help="requests per second of the paced run")] = 50.0,
    seconds: Annotated[float, typer.Option(min=1, help="length of each run")] = 30.0,
    home: Annotated[Path | None, typer.Option(help="where the release is kept; a scratch folder otherwise")] = None,
    servers: Annotated[int, typer.Option(min=1, help="servers beside one another")] = 1,
) -> None:
    """Latency at a steady rate and the most requests a second, with what each stage takes beside the least it could."""
    with _folder(home) as root, contextlib.ExitStack() as stack:
        releases = root / "releases" / SURFACE
        _release(releases, items, candidates)
        limits = least(releases / "active", read_surface(releases / "active"), speed := peaks())
        started = [stack.enter_context(_server(root)) for _ in range(servers)]
        ports_, pids = [port for port, _ in started], [pid for _, pid in started]
        _warm(ports_)
        paced = _measured(f"{rate:g}/s", pids, lambda told: _paced(told, ports_, rate, seconds))
        flooded = _measured("flood", pids, lambda told: _flooded(told, ports_, seconds))
        memory = [resident(pid) for pid in pids]
    for table in (runs([paced, flooded]), stages(paced, limits)):
        console.print(table)
    cores, load = os.cpu_count(), os.getloadavg()[0]
    console.print(f"{cores} cores, {speed}; load {load:.1f}, of this and all else that ran")
    console.print(f"each of {servers} server(s) holds " + ", ".join(f"{one / 2**30:.2f} GiB" for one in memory))


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
    """One connection a thread and server, kept open."""

    def __init__(self) -> None:
        self._connections: dict[int, http.client.HTTPConnection] = {}

    def ask(self, port: int, number: int) -> bytes | None:
        """The answer to one request for a slate; None if it failed."""
        connection = self._connections.get(port)
        if connection is None:
            connection = self._connections[port] = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        user = f"u{number * 7919 % big_release.USERS:06d}"
        body = json.dumps({"user_id": user, "context": {"country": "DE", "device": "phone"}})
        try:
            connection.request("POST", f"/v1/{SURFACE}/recommend", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            return content if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            del self._connections[port]
            return None


_client = _Client()


def _asked(told: Told, listening: Sequence[int], number: int, due: float) -> None:
    content = _client.ask(listening[number % len(listening)], number)
    if content is None:
        told.failed += 1
        return
    told.seconds.append(time.perf_counter() - due)
    # Of every tenth answer, so that the client does not take the machine from the server.
    if number % 10 == 0:
        told.stages.append({stage["stage"]: stage["milliseconds"] for stage in json.loads(content)["stages"]})


def _warm(listening: Sequence[int]) -> None:
    for number in range(100 * len(listening)):
        _client.ask(listening[number % len(listening)], number)


def _measured(name: str, pids: Sequence[int], work: Callable[[Told], None]) -> Told:
    """What came back while `work` ran, how long that took, and how much of a core the servers had for it."""
    told, busy, began = Told(name), _busy(pids), time.perf_counter()
    work(told)
    told.took, told.busy = time.perf_counter() - began, _busy(pids) - busy
    return told


def _busy(pids: Sequence[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in times)


def _paced(told: Told, listening: Sequence[int], rate: float, seconds: float) -> None:
    """Requests are due at even intervals and late ones are not excused: an answer's time counts from then."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(round(rate * seconds)):
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            pool.submit(_asked, told, listening, number, due)


def _flooded(told: Told, listening: Sequence[int], seconds: float) -> None:
    """Each of several clients asks again as soon as it is answered."""
    began = time.perf_counter()

    def keep_asking(client: int) -> None:
        number = client
        while time.perf_counter() - began < seconds:
            _asked(told, listening, number, time.perf_counter())
            number += CLIENTS

    _together(keep_asking)


def _together(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


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
