"""A service of this machine: its processes, where it answers, and how it is stopped without leaving orphans."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import psutil

from lake.home import Home

Purpose = Literal["up", "night"]


@dataclass(frozen=True)
class Member:
    """One process of a service. `created` tells it from a later process that was given the same id."""

    name: str
    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """The live process, or None if it has ended."""
        with contextlib.suppress(psutil.Error):
            found = psutil.Process(self.pid)
            if abs(found.create_time() - self.created) < 1 and found.status() != psutil.STATUS_ZOMBIE:
                return found
        return None


@dataclass(frozen=True)
class Service:
    """A started service. `purpose` says for whom it runs; `owner` is the process that started it."""

    name: str
    port: int
    members: tuple[Member, ...]
    purpose: Purpose
    owner: Member

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def dead(self) -> list[str]:
        """Names of members that have ended."""
        return [member.name for member in self.members if member.process() is None]


def launch(name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Member:
    """Start one process in a session of its own, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return member(name, process.pid)


def member(name: str, pid: int) -> Member:
    """The record of the live process `pid`."""
    return Member(name, pid, psutil.Process(pid).create_time())


def myself() -> Member:
    """The record of this process."""
    return member("feedmill", os.getpid())


def record(home: Home, service: Service) -> None:
    """Keep `service` at `<home>/stack/<name>.json`, so that another command finds it."""
    path = _state(home, service.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(asdict(service), indent=1))
    partial.replace(path)


def recorded(home: Home, name: str) -> Service | None:
    """The service `name` that was last started in `home` if any of its processes lives, else None."""
    path = _state(home, name)
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    content["members"] = tuple(Member(**one) for one in content["members"])
    content["owner"] = Member(**content["owner"])
    service = Service(**content)
    return service if len(service.dead()) < len(service.members) else None


def stop(home: Home, service: Service, patience_s: float = 8.0) -> None:
    """Stop every process of `service` and all they started: asked first, killed after `patience_s` seconds."""
    roots = filter(None, (member.process() for member in service.members))
    processes = {one for root in roots for one in _tree(root)}
    _signal(processes, "terminate")
    _, stubborn = psutil.wait_procs(processes, timeout=patience_s)
    _signal({one for process in stubborn for one in _tree(process)}, "kill")
    psutil.wait_procs(stubborn, timeout=5)
    _state(home, service.name).unlink(missing_ok=True)


def log_of(home: Home, process: str) -> Path:
    """Where the output of a process of a service lies."""
    return home.root / "stack" / f"{process}.log"


def last_line(log: Path) -> str:
    """The last thing a process said."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"


def wait_until(
    ready: Callable[[], bool], timeout_s: float, *, members: Sequence[Member] = (), pause_s: float = 0.25
) -> bool:
    """Poll the callable `ready` until it is true; False after `timeout_s`, or as soon as one of `members` has ended."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if ready():
            return True
        if any(one.process() is None for one in members):
            return False
        time.sleep(pause_s)
    return False


def _tree(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return [process]


def _signal(processes: Iterable[psutil.Process], verb: Literal["terminate", "kill"]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            getattr(process, verb)()


def _state(home: Home, name: str) -> Path:
    return home.root / "stack" / f"{name}.json"
