"""`python -m infra.bench.serving`: how fast servers answer, asked by a client in a process of its own.

A release of a million items is made first (some minutes); `--home` keeps it for another run. In the last run another
one becomes live: the servers load it beside the one that they answer from. `--servers 2` starts as many servers beside
one another, as a load balancer would have them: each writes log files of its own, and they share the online store.
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
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console

from infra import ports
from infra.bench import asking, big_release
from infra.bench.asking import SURFACE
from infra.bench.measure import resident
from infra.bench.serving_limits import least, peaks
from infra.bench.serving_report import Told, runs, stages
from schemas.errors import InfrastructureError
from serving.release import slots
from serving.release.loaded import read_surface

START_S = 600.0

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
        asking.warm(ports_)
        paced = _measured(f"{rate:g}/s", pids, lambda told: asking.paced(told, ports_, rate, _after(seconds)))
        flooded = _measured("flood", pids, lambda told: asking.flooded(told, ports_, seconds))
        memory = [resident(pid) for pid in pids]
        loading = _measured(
            f"{rate:g}/s, loading",
            pids,
            lambda told: asking.paced(told, ports_, rate, _after_loading(releases, ports_)),
        )
        both = [resident(pid) for pid in pids]
    for table in (runs([paced, flooded, loading]), stages(paced, limits)):
        console.print(table)
    cores, load = os.cpu_count(), os.getloadavg()[0]
    console.print(f"{cores} cores, {speed}; load {load:.1f}, of this and all else that ran")
    told = ", ".join(f"{one / 2**30:.2f} GiB ({two / 2**30:.2f})" for one, two in zip(memory, both, strict=True))
    console.print(f"each of {servers} server(s) holds (with the release before beside its own) {told}")


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
        while _release_of(port) is None:
            if process.poll() is not None or time.monotonic() - began > START_S:
                raise InfrastructureError("the server did not come up")
            time.sleep(0.5)
        console.print(f"the server answers after {time.monotonic() - began:.1f} s")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _release_of(port: int) -> str | None:
    """The id of what the surface answers from; raises InfrastructureError if it cannot be served."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        found = json.loads(connection.getresponse().read())["surfaces"][SURFACE]
        if found["problem"]:
            raise InfrastructureError(found["problem"])
        answering: str | None = found["release_id"]
        return answering
    return None


def _after(seconds: float) -> threading.Event:
    """Set once they have passed."""
    ended = threading.Event()
    threading.Timer(seconds, ended.set).start()
    return ended


def _after_loading(releases: Path, listening: Sequence[int]) -> threading.Event:
    """Make another release live; set once every server answers from it."""
    ended = threading.Event()

    def load() -> None:
        try:
            other = big_release.another(releases)
            slots.switch(releases, other)
            while any(_release_of(port) != other for port in listening):
                time.sleep(0.2)
        finally:
            ended.set()

    threading.Thread(target=load).start()
    return ended


def _measured(name: str, pids: Sequence[int], work: Callable[[Told], None]) -> Told:
    """What came back while `work` ran, how long that took, and how much of a core the servers had for it."""
    told, busy, began = Told(name), _busy(pids), time.perf_counter()
    work(told)
    told.took, told.busy = time.perf_counter() - began, _busy(pids) - busy
    return told


def _busy(pids: Sequence[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in times)


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
