"""Services are found again by other commands, and stopped with everything they started."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from infra import service
from infra.service import Member, Service
from lake.home import Home

PARENT = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
{handler}
time.sleep(60)
"""
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def launched(home: Home, code: str) -> Service:
    member = service.launch("sleeper", [sys.executable, "-c", code], os.environ, service.log_of(home, "sleeper"))
    started = Service("sleeper", 1234, (member,), "up", service.myself())
    service.record(home, started)
    return started


@pytest.mark.parametrize("handler", ["", STUBBORN], ids=["obedient", "stubborn"])
def test_stopping_ends_the_process_and_its_children_in_other_sessions(home: Home, handler: str) -> None:
    started = launched(home, PARENT.format(handler=handler))
    log = service.log_of(home, "sleeper")
    assert service.wait_until(lambda: log.read_text().strip() != "", 20)
    child = psutil.Process(int(log.read_text()))
    service.stop(home, started, patience_s=1.0)
    assert started.dead() == ["sleeper"]
    assert service.wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 5)
    assert service.recorded(home, "sleeper") is None


def test_a_service_is_found_again_until_it_ends(home: Home) -> None:
    assert service.recorded(home, "sleeper") is None
    started = launched(home, "import time; time.sleep(60)")
    assert service.recorded(home, "sleeper") == started
    process = psutil.Process(started.members[0].pid)
    process.kill()
    process.wait()
    assert service.recorded(home, "sleeper") is None


def test_a_process_that_was_given_the_same_id_later_is_not_taken_for_the_service() -> None:
    mine = service.myself()
    assert mine.process() is not None
    assert replace(mine, created=mine.created - 100).process() is None
    assert Member("gone", 2**22 + 1, 0.0).process() is None


def test_waiting_gives_up_when_a_process_has_died(home: Home) -> None:
    started = launched(home, "raise SystemExit('no such port')")
    began = time.monotonic()
    assert not service.wait_until(lambda: False, 30, members=started.members)
    assert time.monotonic() - began < 20
    assert service.last_line(service.log_of(home, "sleeper")) == "no such port"
