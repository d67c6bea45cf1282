"""The serving layer as a process of this machine."""

from __future__ import annotations

import os
import sys

import httpx

from infra import ports, service
from infra.service import Purpose, Service
from lake.home import Home


def launch(home: Home, port: int, purpose: Purpose) -> Service:
    """Start `feedmill serve` on `port`; `answers` tells when it is ready. One for a night goes by another name."""
    name = "serving" if purpose == "up" else "serving-sample"
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    log = service.log_of(home, name)
    log.unlink(missing_ok=True)
    process = service.launch(name, command, os.environ | {"FEEDMILL_HOME": str(home.root)}, log)
    started = Service(name, port, (process,), purpose, service.myself())
    service.record(home, started)
    return started


def answers_for(surface: str, port: int) -> bool:
    """Whether it has loaded the live release of `surface`."""
    try:
        return httpx.get(f"http://{ports.HOST}:{port}/v1/{surface}/release", timeout=5).is_success
    except httpx.HTTPError:
        return False


def answers(port: int) -> bool:
    """Whether it answers on `port`."""
    try:
        return httpx.get(f"http://{ports.HOST}:{port}/healthz", timeout=5).is_success
    except httpx.HTTPError:
        return False
