"""What is up is not started twice, a taken port stops everything before it begins, a night at work is left alone."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra import ports, service, stack
from infra.service import Purpose, Service
from lake.home import Home
from schemas.errors import UserError


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    found = Home(tmp_path)
    yield found
    for name in (*stack.NAMES, "serving-sample"):
        left = service.recorded(found, name)
        if left is not None:
            service.stop(found, left)


def stand_in(home: Home, name: str, purpose: Purpose = "up") -> Service:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    member = service.launch(name, command, os.environ, service.log_of(home, name))
    started = Service(name, ports.any_free(), (member,), purpose, service.myself())
    service.record(home, started)
    return started


def test_what_is_up_stays_as_it_is(home: Home) -> None:
    running = [stand_in(home, name) for name in stack.NAMES]
    assert stack.up(home) == running


def test_a_taken_port_is_told_before_anything_starts(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDMILL_AIRFLOW_PORT", str(ports.any_free()))
    monkeypatch.setenv("FEEDMILL_MLFLOW_PORT", str(ports.any_free()))
    with socket.create_server((ports.HOST, 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("FEEDMILL_SERVING_PORT", str(port))
        with pytest.raises(UserError, match=rf"port {port} .*(?s:.)*FEEDMILL_SERVING_PORT="):
            stack.up(home)
    assert [name for name in stack.NAMES if service.recorded(home, name)] == []


def test_down_stops_all_and_then_finds_nothing(home: Home) -> None:
    for name in stack.NAMES:
        stand_in(home, name)
    assert stack.down(home) == list(stack.NAMES)
    assert stack.down(home) == []


def test_a_night_at_work_is_neither_doubled_nor_stopped(home: Home) -> None:
    running = stand_in(home, "airflow", "night")
    for verb in (stack.up, stack.down):
        with pytest.raises(UserError, match=f"process {os.getpid()}\\) is running a night"):
            verb(home)
    assert running.dead() == []


def test_what_a_killed_night_left_behind_is_stopped(home: Home) -> None:
    left = stand_in(home, "airflow", "night")
    service.record(home, replace(left, owner=replace(left.owner, created=0.0)))
    assert stack.down(home) == ["airflow"]
    assert left.dead() == ["airflow"]
