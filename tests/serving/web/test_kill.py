"""A server is killed with SIGKILL under load, again and again: what it acknowledged is in the logs."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.bronze.landing import files_of, landed_days
from serving.logs.segment import recover
from serving.release import slots
from tests.serving.logs.landed import hidden
from tests.serving.web.conftest import FIRST

KILLS = int(os.environ.get("FEEDMILL_KILLS", "3"))
SERVER = """
import sys
from pathlib import Path
import uvicorn
from serving.web.app import create_app
from surfaces.load import load
uvicorn.run(create_app(Path(sys.argv[1]), [load("shorts")]), port=int(sys.argv[2]), log_level="error")
"""


@dataclass
class Client:
    """Asks, reports a click on all it saw, and sends it again until it is acknowledged, whoever dies meanwhile."""

    name: str
    port: int
    stop: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    unexpected: list[int] = field(default_factory=list)

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            request = f"{self.name}-{number}"
            answer = self._until_answered("/v1/shorts/recommend", {"request_id": request, "user_id": "u0", "size": 2})
            number += 1
            if answer is None:
                continue
            clicks = [
                {"outcome_id": f"o:{item['impression_id']}", "impression_id": item["impression_id"], "outcome": "click"}
                for item in answer["items"]
            ]
            self.sent.update(click["outcome_id"] for click in clicks)
            if self._until_answered("/v1/outcomes", {"surface": "shorts", "outcomes": clicks}) is not None:
                self.acknowledged += [click["outcome_id"] for click in clicks]

    def _until_answered(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to `body`; None if the load is over before there is one."""
        while not self.stop.is_set():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
                response = connection.getresponse()
                answer = json.loads(response.read())
                connection.close()
            except (OSError, http.client.HTTPException, ValueError):
                self.stop.wait(0.02)
                continue
            if response.status == 200:
                return answer
            self.unexpected.append(response.status)
        return None


def started(home: Path, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(home), str(port)], env=environment)
    for _ in range(6000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        assert process.poll() is None, "the server did not start"
        time.sleep(0.01)
    raise AssertionError("the server did not start within a minute")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read(landing: Path, layer: str) -> tuple[list[dict[str, Any]], int]:
    """Rows of the files that ingest reads, and how many lines were torn: only ever the last of a file."""
    rows: list[dict[str, Any]] = []
    torn = 0
    for file in files_of(landing, layer, landed_days(landing)):
        *whole, last = file.path.read_bytes().split(b"\n")
        rows += [json.loads(line) for line in whole]
        torn += last != b""
    return rows, torn


@pytest.mark.slow
def test_a_server_that_is_killed_under_load_loses_nothing_it_acknowledged(home: Path, releases: Path) -> None:
    slots.switch(releases, FIRST)
    landing, port, stop, luck = home / "landing" / "shorts", free_port(), threading.Event(), random.Random(5)
    clients = [Client(f"c{n}", port, stop) for n in range(4)]
    threads = [threading.Thread(target=client.run) for client in clients]
    server = started(home, port)
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        enough = sum(len(client.acknowledged) for client in clients) + 20
        while sum(len(client.acknowledged) for client in clients) < enough:
            time.sleep(0.005)
        time.sleep(luck.uniform(0, 0.3))
        server.send_signal(signal.SIGKILL)
        server.wait()
        server = started(home, port)
    stop.set()
    for thread in threads:
        thread.join()
    server.send_signal(signal.SIGTERM)
    server.wait(30)
    recover(landing, datetime.now(UTC).date())
    assert hidden(landing) == []

    acknowledged = [name for client in clients for name in client.acknowledged]
    (outcomes, torn), (impressions, _) = read(landing, "outcome"), read(landing, "impression")
    landed = Counter(row["outcome_id"] for row in outcomes)
    shown = {row["impression_id"] for row in impressions}
    orphans = {row["request_id"] for row in outcomes if row["impression_id"] not in shown}
    repeated = sum(landed.values()) - len(landed)
    print(
        f"{KILLS} kills: {len(acknowledged):,} outcomes acknowledged, {len(set(acknowledged) - landed.keys())} lost, "
        f"{repeated} landed twice, {torn} torn lines, {len(orphans)} requests whose slate died with its server"
    )
    assert len(acknowledged) == len(set(acknowledged)) >= 20 * KILLS
    assert not set(acknowledged) - landed.keys()
    assert landed.keys() <= {name for client in clients for name in client.sent}
    # A slate is not promised: one whose server died in the same moment may be reported on at the next.
    assert len(orphans) <= KILLS * len(clients)
    assert not any(client.unexpected for client in clients)
