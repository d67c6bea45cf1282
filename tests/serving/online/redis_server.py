"""A real Redis server of this test run's own, on a free port, with nothing of it left afterwards."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from infra.ports import any_free

PACKAGE = "redis-server"
WAIT_S = 10.0


@functools.cache
def binary() -> str:
    """Where redis-server is; skips the test, saying so, if there is none and none can be installed."""
    found = shutil.which(PACKAGE)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = shutil.which(PACKAGE)
    if found is None:
        pytest.skip(f"no {PACKAGE} here: install Redis 7 (Debian's package is called {PACKAGE}) to run this test")
    return found


def _install() -> None:
    # RUNLEVEL keeps Debian from starting the server as a service of the machine.
    environment = os.environ | {"RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", PACKAGE]):
        subprocess.run(["apt-get", *command], env=environment, check=False, capture_output=True, timeout=180)


class RedisServer:
    """A server on `port` that can be stopped and started again, its data kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, any_free()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([binary(), *arguments], stdout=subprocess.DEVNULL)
        client = redis.Redis(port=self.port)
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(redis.RedisError):
                client.ping()
                client.close()
                return
            time.sleep(0.02)
        raise RuntimeError(f"redis-server did not answer on port {self.port} within {WAIT_S:g} s")

    def stop(self) -> None:
        """Kill it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def running(folder: Path) -> Iterator[RedisServer]:
    """A server that answers, gone when the block ends."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
